import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Deploy } from "../../protocol/documents.ts";
import { Hold, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { type Load, startLoad } from "../load/load.ts";
import {
  endTestRegion,
  type RegionUnderTest,
  regionUnderTest,
  requestsPerSecond,
} from "./region-under-test.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2"];
const processes = 3;
/** Longer than both instances take to roll, on a busy machine too. */
const watchSeconds = 20;

let on: RegionUnderTest;
let good: Deploy;

beforeAll(async () => {
  // As in a real service: the agent learns how a process ended within tenths of a second.
  const minHealthyTimeSeconds = 1;
  on = await regionUnderTest({
    processes,
    watchSeconds,
    minHealthyTimeSeconds,
    autoRollback: true,
  });
  good = await on.pushed();
  await on.healthy(instances);
});
afterAll(endTestRegion);
beforeEach(async () => void (await on.shoestring("unhold", "web")));

async function underLoad(work: (load: Load) => Promise<void>) {
  const { url, host } = on;
  const load = await startLoad({ url, host, requestsPerSecond, maxSeconds: 110 });
  try {
    await work(load);
  } finally {
    await load.stop();
  }
}

const document = async (key: string) => (await on.consul.get(key)).found?.value ?? "";
const rollout = async ({ revision }: Deploy) => {
  const key = keys.rollout("web", revision);
  return parseDocument(Rollout, key, await document(key));
};

/** Expects that the deploy is rolled back, and that the service is held. */
async function rolledBack(bad: Deploy, why: string) {
  const rollback = await until("a rollback", async () => {
    const current = await on.deploy();
    return current.revision > bad.revision && current;
  });
  expect(rollback.kind).toBe("rollback");
  expect((await on.ended(rollback)).phase).toBe("done");
  await on.answersOnly(good.release.id);
  const hold = parseDocument(Hold, "holds/web", await document(keys.hold("web")));
  expect(hold.reason).toContain(why);
}

test("a release that dies at each third real request fails on one process, and is rolled back", async () => {
  await underLoad(async (load) => {
    const from = Date.now();
    const bad = await on.push({ crashAtRequest: 3 });
    const { phase, instances: reports } = await on.ended(bad);
    const { endedAt, reason } = await rollout(bad);
    expect([phase, reason]).toEqual(["failed", expect.stringContaining("(shoestring-web@1")]);
    expect(reason).toContain("exited with status 1; its log: Error: one request too many");
    const served = Object.values(reports).flatMap((report) =>
      Object.values(report.processes).filter((it) =>
        it.steps?.some(({ step, error }) => step === "open" && error === undefined),
      ),
    );
    expect(served).toHaveLength(1);

    await rolledBack(bad, "it exited with status 1");

    const detectedAt = Date.parse(endedAt ?? "");
    const before = await load.window(from, detectedAt);
    const after = await load.window(detectedAt, Date.now());
    console.log(
      `dies at each third request: found ${detectedAt - from} ms after the push; lost ${before.lost} of ${before.requests} until then, ${after.lost} of ${after.requests} since`,
    );
    // One process of one instance has a sixth of the load, and loses at most one request in three.
    expect(before.lost).toBeLessThanOrEqual((0.5 * requestsPerSecond) / instances.length);
    expect(after.lost).toBe(0);
  });
});

/** The unit of a serving process. */
async function unitOf(instance: string, n: number) {
  const list = ["systemctl", "list-units", "--plain", "--no-legend", `shoestring-web@${n}*`];
  return (await on.on(instance, ...list)).split(" ")[0] as string;
}

/** Kills only the process: a kill of its whole control group would also kill its exit report. */
const killMain = (instance: string, unit: string) =>
  on.on(instance, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", unit);

test("a release whose process dies during the watch fails, and is rolled back", async () => {
  const bad = await on.push();
  const isWatched = async () => (await on.rollout(bad))?.phase === "watching";
  await until("its watch", isWatched, 60);

  await killMain("web-2", await unitOf("web-2", 3));

  expect((await on.ended(bad)).phase).toBe("failed");
  expect((await rollout(bad)).reason).toMatch(/^web-2: process 3 of web .* killed by SIGKILL/);
  await rolledBack(bad, "restarted");
});

test("a release that answers each fifth request with 500 fails its watch, and is rolled back", async () => {
  await underLoad(async (load) => {
    const from = Date.now();
    const bad = await on.push({ failEvery: 5 });
    expect((await on.ended(bad)).phase).toBe("failed");
    const { reason, endedAt } = await rollout(bad);
    expect(reason).toContain("is worse than what it replaces");
    await rolledBack(bad, "is worse");
    const { lost, requests } = await load.window(from, Date.now());
    const foundMs = Date.parse(endedAt ?? "") - from;
    console.log(`each fifth is 500: found after ${foundMs} ms; ${lost} of ${requests} were`);
  });
  const flags = "ls /run/shoestring/watched-web; stat -c %s /run/shoestring/requests-web.log";
  const left = async () => await on.on("web-1", "sh", "-c", `${flags}; true`);
  // nginx logs no request when nothing is watched.
  await until("the end of the log", async () => !(await left()).includes("watched-web\n"));
});

test("a process that is killed after its rollout is done is reported, and nothing is rolled back", async () => {
  good = await on.pushed();
  const { revision } = await on.deploy();
  const unit = await unitOf("web-2", 2);

  // A restart by hand is no fault and raises no alarm.
  await on.on("web-2", "systemctl", "restart", unit);
  await killMain("web-2", unit);

  const report = () => on.rollout(good).then((now) => now?.instances["web-2"]);
  await until("an alarm", async () => (await report())?.processes[2]?.restarts === 1);
  expect((await report())?.processes[2]?.lastExit).toContain("it was killed by SIGKILL");
  const { out } = await on.shoestring("status", "web");
  expect(out).toMatch(/restart/);
  expect((await on.deploy()).revision).toBe(revision);
  expect((await rollout(good)).phase).toBe("done");
});
