import { afterEach, beforeEach, expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import { aDeploy, silentLog } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";
import { saveSlack } from "./save-slack.ts";
import { SlackNotifier } from "./slack-notifier.ts";

let double: SlackDouble;
beforeEach(async () => {
  double = await slackDouble();
});
afterEach(async () => {
  expect(double.faults).toEqual([]);
  await double.close();
});

type Options = NonNullable<Parameters<typeof simulatedFleet>[0]>;

/** Three instances after a first deploy, without a notifier. */
async function aFleet(options: Options = {}) {
  const fleet = simulatedFleet(options);
  await fleet.add("web-1", "web-2", "web-3");
  fleet.announce(aDeploy(1));
  await fleet.ends(1, "done");
  await fleet.pass(10);
  return fleet;
}

/** The same, with agents that notify Slack. */
function notifiedFleet(options: Options = {}) {
  return aFleet({
    ...options,
    notifier: (clock, consul, alive) =>
      new SlackNotifier({
        cluster: "test",
        channel: double.channel,
        token: "ssm:/token",
        readSecret: async () => double.token,
        api: double.url,
        links: {},
        http: alive(double.http(clock)),
        clock,
        log: silentLog,
        saveSlack: (deploy, message) => saveSlack(consul, deploy, message),
      }),
  });
}

/** The channel's messages without times; replies are marked with an arrow. */
const channel = () =>
  double.messages.map(({ text, thread_ts }) => {
    const title = text.replace(/, (\d+ min )?\d+ s$/, "");
    return thread_ts ? `-> ${title}` : title;
  });

/** Kills the coordinator of a revision at once; Consul ends its session later. */
async function killCoordinator(fleet: Awaited<ReturnType<typeof notifiedFleet>>, revision: number) {
  const lock = fleet.consul.text(keys.rolloutCoordinator("web", revision)) ?? "";
  await fleet.remove(JSON.parse(lock).instance, 25);
}

test("another coordinator goes on with the same message when the first one is killed in the middle", async () => {
  const fleet = await notifiedFleet({ service: { bakeSeconds: 30 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a message", () => double.messages.length === 2);
  await fleet.pass(5);
  await killCoordinator(fleet, 2);
  await fleet.ends(2, "done");
  await fleet.pass(10);

  expect(channel()).toEqual(["web-1-ccccccc on test: done", "web-2-ccccccc on test: done"]);
});

test("a release that fails is shown with its probe's answer, and its rollback in a message of its own", async () => {
  const bad = aDeploy(2).release.id;
  const fleet = await notifiedFleet({ behaviours: { [bad]: { status: 500 } } });
  fleet.announce(aDeploy(2));
  await fleet.ends(3, "done");
  await fleet.pass(20);

  expect(channel()).toEqual([
    "web-1-ccccccc on test: done",
    "web-2-ccccccc on test: failed",
    "-> web-2-ccccccc on test: failed",
    "web-1-ccccccc on test: rolled back",
    "-> web-1-ccccccc on test: rolled back by itself, and held",
  ]);
  expect(JSON.stringify(double.messages[1]?.blocks)).toContain("GET /ping: it answered 500");
});

test("the message of a deploy says that a newer one replaced it, and no person is called", async () => {
  const fleet = await notifiedFleet({ service: { bakeSeconds: 60 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a message", () => double.messages.length === 2);
  await fleet.pass(5);
  fleet.announce(aDeploy(3));
  await fleet.ends(3, "done");
  await fleet.pass(10);

  expect(channel()).toEqual([
    "web-1-ccccccc on test: done",
    "web-2-ccccccc on test: replaced by revision 3",
    "web-3-ccccccc on test: done",
  ]);
});

const updates = () => double.calls.filter(({ method }) => method === "chat.update").length;

test("another agent notifies of the end, once, when the coordinator was killed before it could", async () => {
  // The others look every 10 s, and see the end before the coordinator's session has expired.
  const fleet = await notifiedFleet({ service: { progressDeadlineSeconds: 40 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a message", () => double.messages.length === 2);
  double.always({ status: 503 });
  await fleet.ends(2, "done");
  await killCoordinator(fleet, 2);
  expect(channel()[1]).toBe("web-2-ccccccc on test: rolling");
  double.always(undefined);
  await fleet.pass(60);

  expect(channel()).toEqual(["web-1-ccccccc on test: done", "web-2-ccccccc on test: done"]);
  expect(JSON.stringify(double.messages[1]?.blocks)).toContain("shoestring rollback web");
  expect(fleet.rollout(2)?.notifiedAt).toBeDefined();
  const before = updates();
  await fleet.pass(1200);
  expect(updates()).toBe(before);
});

test("another agent notifies of a rollback and calls a person when the coordinator was killed before it could", async () => {
  const bad = aDeploy(2).release.id;
  const fleet = await notifiedFleet({ behaviours: { [bad]: { status: 500 } } });
  fleet.announce(aDeploy(2));
  await fleet.until("a message", () => double.messages.length === 2);
  double.always({ status: 503 });
  await fleet.ends(2, "failed");
  await killCoordinator(fleet, 2);
  double.always(undefined);
  await fleet.ends(3, "done");
  await fleet.pass(60);

  expect([...channel()].sort()).toEqual([
    "-> web-1-ccccccc on test: rolled back by itself, and held",
    "-> web-2-ccccccc on test: failed",
    "web-1-ccccccc on test: done",
    "web-1-ccccccc on test: rolled back",
    "web-2-ccccccc on test: failed",
  ]);
});

test("the message of a rollout says that a newer deploy replaced it although the coordinator was killed", async () => {
  const fleet = await notifiedFleet({ service: { bakeSeconds: 60 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a message", () => double.messages.length === 2);
  await fleet.pass(5);
  const gone = killCoordinator(fleet, 2);
  fleet.announce(aDeploy(3));
  await gone;
  await fleet.ends(3, "done");
  await fleet.pass(20);

  expect(channel()).toEqual([
    "web-1-ccccccc on test: done",
    "web-2-ccccccc on test: replaced by revision 3",
    "web-3-ccccccc on test: done",
  ]);
});

test("a notification that Slack refused is not retried by one agent after the other", async () => {
  const fleet = await notifiedFleet();
  double.always({ error: "invalid_auth" });
  const before = double.calls.length;
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  await fleet.pass(1800);
  const calls = double.calls.slice(before).map(({ method }) => method);
  expect(calls).toEqual(["conversations.history", "chat.postMessage"]);
  expect(fleet.rollout(2)?.notifiedAt).toBeDefined();
});

/** The durations of two deploys, one right after the other, in milliseconds. */
async function twoDeploysMs(fleet: Awaited<ReturnType<typeof aFleet>>) {
  const durationsMs: number[] = [];
  for (const revision of [2, 3]) {
    const from = fleet.clock.now().getTime();
    fleet.announce(aDeploy(revision));
    await fleet.ends(revision, "done");
    durationsMs.push(Date.parse(fleet.rollout(revision)?.endedAt ?? "") - from);
  }
  return durationsMs;
}

test.each([
  ["down", { status: 503 }],
  ["slow", "silent"],
  ["answering nonsense", { status: 200, body: "<html>" }],
  ["limiting", { status: 429, headers: { "retry-after": "600" } }],
] as const)("a deploy takes as long with Slack %s as without a notifier", async (_, trouble) => {
  // The coordinator must notice the end of the bake: it would be late if it waited for Slack.
  const options = { service: { bakeSeconds: 5 } };
  const alone = await twoDeploysMs(await aFleet(options));
  const fleet = await notifiedFleet(options);
  double.always(trouble);
  const before = double.calls.length;

  const durationsMs = await twoDeploysMs(fleet);

  expect(double.calls.length).toBeGreaterThan(before);
  for (const [i, ms] of durationsMs.entries()) {
    expect(Math.abs(ms - (alone[i] as number))).toBeLessThanOrEqual(100);
  }
});

test("processes that restart after the end call a person in the message's thread, once", async () => {
  const fleet = await notifiedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  await fleet.pass(60);
  const crash = () => {
    for (const name of ["web-2", "web-3"]) fleet.instance(name).machine.crash({ n: 1, side: "b" });
  };
  crash();
  await fleet.until("a call", () => double.messages.length > 2);
  await fleet.pass(120);
  crash();
  await fleet.pass(120);

  expect(channel()).toEqual([
    "web-1-ccccccc on test: done",
    "web-2-ccccccc on test: done",
    expect.stringMatching(/^-> web-2-ccccccc on test: processes restart by themselves on /),
    ...channel().slice(3),
  ]);
  expect(channel().length).toBeLessThanOrEqual(4);
  expect(fleet.deploy()?.revision).toBe(2);
});

test("instances that run something newer after a snapshot was restored call a person, once", async () => {
  const fleet = await notifiedFleet();
  const restore = fleet.snapshot();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  await fleet.pass(60);
  restore();
  await fleet.pass(300);

  expect(channel()).toEqual([
    "web-1-ccccccc on test: done",
    "web-2-ccccccc on test: done",
    "-> web-1-ccccccc on test: instances run something newer",
  ]);
  expect(JSON.stringify(double.messages[2]?.blocks)).toContain(
    "web-2-ccccccc. Consul was restored",
  );
});
