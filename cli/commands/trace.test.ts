import { expect, test } from "vitest";
import {
  Deploy,
  formatDocument,
  InstanceRollout,
  Rollout,
  type RolloutPhase,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aRoll, aTracedDeploy, at, step } from "../../protocol/testing/rolled.ts";
import { commandLine } from "../testing/command-line.ts";

/** A cluster whose Consul holds this rollout as the agents would have written it. */
function aCluster(deploy: Deploy, reports: readonly InstanceRollout[], phase: RolloutPhase) {
  const line = commandLine();
  const { revision } = deploy;
  const put = (key: string, text: string) => line.consul.put(key, text);
  for (const key of [keys.deploy("web"), keys.rolloutDeploy("web", revision)]) {
    put(key, formatDocument(Deploy, key, deploy));
  }
  const key = keys.rollout("web", revision);
  const rollout = { schema: schemaVersion, phase, startedAt: at(3), writtenBy: "web-1" } as const;
  const endedAt = phase === "rolling" ? {} : { endedAt: at(8) };
  put(key, formatDocument(Rollout, key, { ...rollout, ...endedAt }));
  for (const report of reports) {
    const of = keys.rolloutInstance("web", revision, report.instance);
    put(of, formatDocument(InstanceRollout, of, report));
  }
  return line;
}

test("a deploy's waterfall is drawn from Consul alone, from the build to the last step", async () => {
  const { shoestring } = aCluster(aTracedDeploy(), [aRoll()], "done");
  const { code, out } = await shoestring("trace", "web");
  expect(code).toBe(0);
  expect(out.replace(/trace [0-9a-f]{32}/, "trace ID")).toBe(
    `
web-7-aaaaaaa in local: release by ci, revision 3: done
trace ID, in seconds:

                  start      took
build              0.00      2.00  ██████████
upload             2.00      0.50            ███
announce           2.50      0.50               ██
rollout            3.00      5.00                 █████████████████████████
  web-1            3.00      5.00                 █████████████████████████
    prepare        3.00      1.00                 █████
    slot           4.00      0.50                      ███
    process 1      4.50      3.50                         █████████████████
      start        4.50      0.10                         █
      probe        4.60      1.40                         ███████
      open         6.00      0.10                                █
      drain        6.10      1.40                                 ███████
      stop         7.50      0.50                                        ██
`.trim(),
  );
});

test("a failed step shows its error beside its bar", async () => {
  const why = "after 3 s, GET /ping: it answered 500";
  const [process] = Object.values(aRoll().processes);
  const steps = [step("start", 4.5, 0.5), step("probe", 5, 2.9, why), step("undo", 7.9, 0.1)];
  const failed = aRoll({
    phase: "failed",
    error: why,
    processes: {
      "1": { ...process, release: "web-6-bbbbbbb", phase: "failed", since: at(8), steps },
    },
  });
  const { shoestring } = aCluster(aTracedDeploy(), [failed], "failed");
  const { out } = await shoestring("trace", "web", "7");
  expect(out).toContain(" revision 3: failed\n");
  expect(out).toMatch(/probe +5\.00 +2\.90 +█+ +failed: after 3 s, GET \/ping: it answered 500$/m);
});

test("a build is named by its sequence, and its last deploy is shown", async () => {
  const { shoestring, consul } = aCluster(aTracedDeploy(), [aRoll()], "done");
  const again = aTracedDeploy({ kind: "rollback", revision: 5, steps: undefined });
  const key = keys.rolloutDeploy("web", 5);
  consul.put(key, formatDocument(Deploy, key, again));

  const { out } = await shoestring("trace", "web", "7");
  expect(out).toContain("rollback by ci, revision 5: announced");
  expect((await shoestring("trace", "web", "8")).err).toContain(
    "build 8 of web was never deployed to this cluster",
  );
  expect((await shoestring("trace", "web", "seven")).code).toBe(2);
});

test("a step that is under way is drawn up to now", async () => {
  const { endedAt, ...going } = aRoll({ phase: "rolling" });
  const { shoestring } = aCluster(aTracedDeploy({ at: at(-1e6) }), [going], "rolling");
  expect((await shoestring("trace", "web")).out).toMatch(/^rollout +0\.00 +\d+\.\d\d {2}█+$/m);
});

test("--json prints every span, with the ids that a collector has", async () => {
  const deploy = aTracedDeploy();
  const { shoestring } = aCluster(deploy, [aRoll()], "done");
  const { spans, traceId } = JSON.parse((await shoestring("trace", "web", "--json")).out);
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(spans).toHaveLength(13);
  expect(spans[0]).toMatchObject({ name: "build", traceId });
});

test("a service that was never deployed has no trace", async () => {
  const { code, err } = await commandLine().shoestring("trace", "web");
  expect(code).toBe(1);
  expect(err).toContain("web was never deployed to this cluster");
});
