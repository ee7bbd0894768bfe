import { expect, test } from "vitest";
import type { Deploy, InstanceRollout, ProcessPhase, Rollout } from "../protocol/documents.ts";
import { releaseId } from "../protocol/releases.ts";
import type { RolloutView } from "../protocol/rollout-view.ts";
import { buildMessage } from "./build-message.ts";
import { longestSection, type SlackMessage } from "./layout.ts";
import { callFor, rolloutMessage } from "./rollout-message.ts";

const at = "2026-01-01T00:00:00.000Z";
const repository = "https://github.com/example/web";

function aDeploy(sequence: number, differs: Partial<Deploy> = {}): Deploy {
  const commit = String(sequence).repeat(40);
  return {
    schema: 2,
    service: "web",
    revision: sequence,
    kind: "release",
    release: {
      id: releaseId({ service: "web", sequence, commit }),
      sequence,
      url: "s3://artifacts/web",
      versionId: "v",
      sha256: "a".repeat(64),
      size: 1,
      commit,
      repository,
    },
    newestSequence: sequence,
    reason: "faster login",
    by: "alice",
    at,
    ...differs,
  };
}

/** `●` is the new release, `○` the old one; otherwise a phase of the old one. */
function aReport(
  instance: string,
  phase: InstanceRollout["phase"],
  processes: readonly ("●" | "○" | ProcessPhase)[],
  error?: string,
): InstanceRollout {
  const [older, newer] = [aDeploy(7).release.id, aDeploy(8).release.id];
  const report = (it: (typeof processes)[number]) => ({
    release: it === "●" ? newer : older,
    phase: it === "●" || it === "○" ? ("serving" as const) : it,
    since: it === "●" ? "2026-01-01T00:00:09.000Z" : at,
  });
  return {
    schema: 2,
    instance,
    service: "web",
    revision: 8,
    phase,
    seenAt: at,
    startedAt: at,
    processes: Object.fromEntries(processes.map((it, i) => [String(i + 1), report(it)])),
    connectionsCut: 0,
    ...(error === undefined ? {} : { error }),
  };
}

const aRollout = (phase: Rollout["phase"]): Rollout => ({
  schema: 2,
  phase,
  startedAt: at,
  writtenBy: "web-1",
  ...(phase === "rolling" || phase === "canary" ? {} : { endedAt: "2026-01-01T00:00:31.000Z" }),
});

const aRolling: RolloutView = {
  deploy: aDeploy(8),
  rollout: aRollout("rolling"),
  reports: [],
  registered: ["web-1", "web-2"],
  good: aDeploy(7),
};

const context = {
  cluster: "staging",
  links: {
    trace: "https://traces.example.org/{trace}",
    board: "https://board.example.org/{cluster}#{service}",
  },
  now: new Date("2026-01-01T00:00:12.000Z"),
};

/** The message as a person reads it from top to bottom. */
function lines({ blocks }: SlackMessage): string[] {
  return blocks.flatMap((block) =>
    (block.type === "section" ? [block.text] : block.elements).flatMap(({ text }) =>
      text.split("\n"),
    ),
  );
}

const linesOf = (differs: Partial<RolloutView>) =>
  lines(rolloutMessage({ ...aRolling, ...differs }, context));

const compared = `<${repository}/compare/${"7".repeat(40)}...${"8".repeat(40)}|7777777…8888888>`;
const board = "<https://board.example.org/staging#web|board>";

test("a rollout in progress shows which processes have the new release", () => {
  const reports = [
    aReport("web-1", "done", ["●", "●", "●", "●"]),
    aReport("web-2", "rolling", ["●", "probing", "○", "○"]),
  ];
  expect(linesOf({ reports })).toEqual([
    ":large_blue_circle: *web-8-8888888 on staging: rolling, 12 s*",
    `alice: faster login · ${compared}`,
    "```web-1 ●●●●",
    "web-2 ●◐○○ rolling```",
    `5 of 8 processes · ${board} · \`shoestring rollback web --cluster staging\``,
  ]);
});

test("a rollout in which a process had to be killed says so, though it is done", () => {
  const killed = { killed: 1, killedAfterSeconds: 5 };
  const reports = [{ ...aReport("web-1", "done", ["●"]), ...killed }];
  expect(linesOf({ rollout: aRollout("done"), reports })).toContain(
    "`web-1: 1 process was killed after 5 s: it had not stopped`",
  );
});

test("a rollout that is done shows how long it took, and the rollback command", () => {
  const reports = [aReport("web-1", "done", ["●"]), aReport("web-2", "done", ["●"])];
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const deploy = aDeploy(8, { traceparent });
  expect(linesOf({ deploy, rollout: aRollout("done"), reports })).toEqual([
    ":white_check_mark: *web-8-8888888 on staging: done, 31 s*",
    `alice: faster login · ${compared}`,
    "```web-1 ●",
    "web-2 ●```",
    `2 of 2 processes · <https://traces.example.org/${"a".repeat(32)}|trace> · ${board} · \`shoestring rollback web --cluster staging\``,
  ]);
});

test("a watched rollout shows when the watch ends and how long the rollout took, which stays when it is done", () => {
  const times = {
    servedAt: "2026-01-01T00:00:06.100Z",
    watchedUntil: "2026-01-01T00:01:06.100Z",
  };
  const { endedAt, ...watching } = { ...aRollout("watching"), ...times };
  expect(linesOf({ rollout: watching })[0]).toBe(
    ":eyes: *web-8-8888888 on staging: serving, watched until 00:01:06 UTC, 6 s*",
  );
  expect(linesOf({ rollout: { ...aRollout("done"), ...times } })[0]).toContain("done, 6 s");
});

test("a rollout that failed shows the failing probe's last answer", () => {
  const error =
    "web-8-8888888 did not become healthy as process 1: after 60 s, GET /ping: it answered 500";
  const reports = [
    aReport("web-1", "failed", ["failed", "○"], error),
    aReport("web-2", "halted", ["○", "○"]),
  ];
  expect(linesOf({ rollout: aRollout("failed"), reports })).toEqual([
    ":x: *web-8-8888888 on staging: failed, 31 s*",
    `alice: faster login · ${compared}`,
    "```web-1 ✕○ failed",
    "web-2 ○○ halted```",
    `web-1: \`${error}\``,
    `0 of 4 processes · ${board} · \`shoestring rollback web --cluster staging\``,
  ]);
});

test("a rollout that was halted shows the reason", () => {
  const reason = "no progress for 600 s; web-2 is waiting";
  const message = linesOf({ rollout: { ...aRollout("halted"), reason } });
  expect(message[0]).toBe(":octagonal_sign: *web-8-8888888 on staging: halted, 31 s*");
  expect(message).toContain(`\`${reason}\``);
});

test("a rollout that a newer deploy replaced does not look as if it went on", () => {
  const rollout = { ...aRollout("halted"), supersededBy: 9 };
  expect(linesOf({ rollout })[0]).toBe(
    ":fast_forward: *web-8-8888888 on staging: replaced by revision 9, 31 s*",
  );
});

test("a canary rolls before the others", () => {
  expect(linesOf({ rollout: aRollout("canary") })[0]).toContain("rolling the canary");
});

test("a rollback shows what is needed to deploy again", () => {
  const deploy = aDeploy(7, { kind: "rollback", reason: "rolled back by hand" });
  const message = linesOf({ deploy, good: aDeploy(8), rollout: aRollout("done") });
  expect(message[0]).toBe(
    ":leftwards_arrow_with_hook: *web-7-7777777 on staging: rolled back, 31 s*",
  );
  expect(message.at(-1)).toBe(`${board} · held; \`shoestring unhold web --cluster staging\``);
});

test("a restart counts the processes that started since, because the release is unchanged", () => {
  const deploy = aDeploy(8, { kind: "restart" });
  const reports = [aReport("web-1", "rolling", ["●", "○", "○", "○"])];
  const message = linesOf({ deploy, good: deploy, reports, registered: ["web-1"] });
  expect(message).toContain("```web-1 ●○○○ rolling```");
  expect(message[0]).toContain("restarting");
  expect(message[1]).toBe("alice: faster login · the same release");
});

test("a first deploy shows no rollback command, and an unknown repository no link", () => {
  const { repository: _, ...release } = aDeploy(8).release;
  const message = linesOf({ deploy: aDeploy(8, { release }), good: undefined });
  expect(message.at(1)).toBe("alice: faster login · 8888888");
  expect(message.at(-1)).toBe(board);
});

test("a large fleet shows lines only for its active instances", () => {
  const names = Array.from({ length: 30 }, (_, i) => `web-${i + 1}`);
  const reports = names
    .slice(0, 20)
    .map((name, i) => aReport(name, i < 18 ? "done" : "rolling", Array(20).fill("●")));
  expect(linesOf({ reports, registered: names }).slice(2, 5)).toEqual([
    "```web-19 ●20 rolling",
    "web-20 ●20 rolling",
    "and 18 done, 10 waiting```",
  ]);
});

test("a build is shown before its deploy exists", () => {
  const commit = "8".repeat(40);
  const who = { by: "alice", reason: "faster login", repository };
  const build = { cluster: "staging", service: "web", sequence: 8, commit, ...who };
  const about = `alice: faster login · <${repository}/commit/${commit}|8888888>`;
  expect(lines(buildMessage(build, "building"))).toEqual([
    ":hammer: *web-8-8888888 on staging: building*",
    about,
    "stays like this where a newer build or a hold came first: `shoestring status web --cluster staging`",
  ]);
  expect(lines(buildMessage(build, "failed"))).toEqual([
    ":x: *web-8-8888888 on staging: not uploaded*",
    about,
    "the service runs what it ran: `shoestring status web --cluster staging`",
  ]);
});

test("a person is called for a failed, halted or automatically rolled back deploy, and for nothing else", () => {
  const why = (phase: Rollout["phase"], differs: Partial<Deploy> = {}, supersededBy?: number) =>
    callFor(
      { ...aRolling, deploy: aDeploy(8, differs), rollout: { ...aRollout(phase), supersededBy } },
      "staging",
    )?.why;
  const byItself = { kind: "rollback", by: "agent of web-1" } as const;
  expect(why("rolling")).toBeUndefined();
  expect(why("done")).toBeUndefined();
  expect(why("done", { kind: "rollback" })).toBeUndefined();
  expect(why("halted", {}, 9)).toBeUndefined();
  expect(why("failed")).toBe("failed");
  expect(why("halted")).toBe("halted");
  expect(why("done", byItself)).toBe("rolled back by itself, and held");
  expect(why("failed", byItself)).toBe("the rollback failed");
});

test("a message keeps Slack's limits and marks whatever people and probes write", () => {
  const hostile = "<!channel> `*&_```\n".repeat(500);
  const names = Array.from({ length: 200 }, (_, i) => `i-${"0".repeat(50)}${i}`);
  const view: RolloutView = {
    ...aRolling,
    deploy: aDeploy(8, { by: hostile, reason: hostile }),
    rollout: aRollout("failed"),
    reports: names.map((name) => aReport(name, "failed", Array(99).fill("○"), hostile)),
    registered: names,
  };
  for (const message of [rolloutMessage(view, context), callFor(view, "staging")?.message]) {
    expect(message?.blocks.length).toBeLessThanOrEqual(50);
    for (const block of message?.blocks ?? []) {
      const { text } = block.type === "section" ? block.text : (block.elements[0] as never);
      expect(text.length).toBeLessThanOrEqual(longestSection);
      expect(text).not.toContain("<!");
    }
  }
});

test("restarts after the end call a person, and again only when the number of instances has doubled", () => {
  const restarted = (name: string): InstanceRollout => {
    const report = aReport(name, "done", ["●", "●"]);
    const first = report.processes["1"] as InstanceRollout["processes"][string];
    const restarts = { restarts: 3, lastExit: "it exited with status 1" };
    return { ...report, processes: { ...report.processes, "1": { ...first, ...restarts } } };
  };
  const called = (...names: readonly string[]) =>
    callFor({ ...aRolling, rollout: aRollout("done"), reports: names.map(restarted) }, "staging");
  expect(called()).toBeUndefined();
  expect(called("web-1")?.why).toBe("processes restart by themselves on an instance");
  expect(lines(called("web-1")?.message as SlackMessage)).toContain(
    "`process 1 of web-1 restarted 3 times by itself on web-8-8888888; the last time it exited with status 1`",
  );
  const two = "processes restart by themselves on 2 instances or more";
  expect(called("web-1", "web-2")?.why).toBe(two);
  expect(called("web-1", "web-2", "web-3")?.why).toBe(two);
  expect(called("web-1", "web-2", "web-3", "web-4")?.why).toContain("on 4 instances");
});
