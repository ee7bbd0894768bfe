import { afterEach, beforeEach, expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import { aDeploy, silentLog } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";
import { slackNotifier } from "./notifier.ts";
import { saveSlack } from "./save-slack.ts";

let double: SlackDouble;
beforeEach(async () => {
  double = await slackDouble();
});
afterEach(async () => {
  expect(double.faults).toEqual([]);
  await double.close();
});

type Options = NonNullable<Parameters<typeof simulatedFleet>[0]>;

/** Three instances after a first deploy; nobody tells anything of it. */
async function aFleet(options: Options = {}) {
  const fleet = simulatedFleet(options);
  await fleet.add("web-1", "web-2", "web-3");
  fleet.announce(aDeploy(1));
  await fleet.ends(1, "done");
  await fleet.pass(10);
  return fleet;
}

/** The same, whose agents tell Slack. */
function toldFleet(options: Options = {}) {
  return aFleet({
    ...options,
    notifier: (clock, consul, alive) =>
      slackNotifier({
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

/** The channel without times: messages, and replies behind an arrow. */
const channel = () =>
  double.messages.map(({ text, thread_ts }) => {
    const title = text.replace(/, (\d+ min )?\d+ s$/, "");
    return thread_ts ? `-> ${title}` : title;
  });

/** Kills the coordinator of a revision at once; Consul ends its session later. */
async function killCoordinator(fleet: Awaited<ReturnType<typeof toldFleet>>, revision: number) {
  const lock = fleet.consul.text(keys.rolloutCoordinator("web", revision)) ?? "";
  await fleet.remove(JSON.parse(lock).instance, 25);
}

test("when the coordinator dies in the middle, the next one goes on with the same message", async () => {
  const fleet = await toldFleet({ service: { bakeSeconds: 30 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a message", () => double.messages.length === 2);
  await fleet.pass(5);
  await killCoordinator(fleet, 2);
  await fleet.ends(2, "done");
  await fleet.pass(10);

  expect(channel()).toEqual(["web-1-ccccccc on test: done", "web-2-ccccccc on test: done"]);
});

test("a release that fails is told with its probe's answer, and its way back in a message of its own", async () => {
  const bad = aDeploy(2).release.id;
  const fleet = await toldFleet({ behaviours: { [bad]: { status: 500 } } });
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

test("a deploy that a newer one took the place of is told so, and calls nobody", async () => {
  const fleet = await toldFleet({ service: { bakeSeconds: 60 } });
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

test("when the coordinator dies before it told the end, another agent tells it, once", async () => {
  // The others look each 10 s, and see the end before the coordinator's session is over.
  const fleet = await toldFleet({ service: { progressDeadlineSeconds: 40 } });
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
  const told = updates();
  await fleet.pass(1200);
  expect(updates()).toBe(told);
});

test("the end of a rollout that was rolled back is told too, and a person called, when its coordinator died", async () => {
  const bad = aDeploy(2).release.id;
  const fleet = await toldFleet({ behaviours: { [bad]: { status: 500 } } });
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

test("a rollout whose coordinator died and that a newer deploy took the place of is told so", async () => {
  const fleet = await toldFleet({ service: { bakeSeconds: 60 } });
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

test("an end that Slack refused is not tried by one agent after the other", async () => {
  const fleet = await toldFleet();
  double.always({ error: "invalid_auth" });
  const before = double.calls.length;
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  await fleet.pass(1800);
  const calls = double.calls.slice(before).map(({ method }) => method);
  expect(calls).toEqual(["conversations.history", "chat.postMessage"]);
  expect(fleet.rollout(2)?.notifiedAt).toBeDefined();
});

/** Two deploys, one right after the other: how long each takes, in milliseconds. */
async function twoDeploysMs(fleet: Awaited<ReturnType<typeof aFleet>>) {
  const took: number[] = [];
  for (const revision of [2, 3]) {
    const from = fleet.clock.now().getTime();
    fleet.announce(aDeploy(revision));
    await fleet.ends(revision, "done");
    took.push(Date.parse(fleet.rollout(revision)?.endedAt ?? "") - from);
  }
  return took;
}

test.each([
  ["down", { status: 503 }],
  ["slow", "silent"],
  ["answering nonsense", { status: 200, body: "<html>" }],
  ["limiting", { status: 429, headers: { "retry-after": "600" } }],
] as const)("with Slack %s a deploy takes as long as with nobody to tell", async (_, trouble) => {
  // The end of the bake is for the coordinator to see: one that waits for Slack is late.
  const options = { service: { bakeSeconds: 5 } };
  const alone = await twoDeploysMs(await aFleet(options));
  const told = await toldFleet(options);
  double.always(trouble);
  const before = double.calls.length;

  const took = await twoDeploysMs(told);

  expect(double.calls.length).toBeGreaterThan(before);
  for (const [i, ms] of took.entries()) {
    expect(Math.abs(ms - (alone[i] as number))).toBeLessThanOrEqual(100);
  }
});

test("processes that restart after the end call a person in the message's thread, once", async () => {
  const fleet = await toldFleet();
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

test("after an older snapshot was restored a person is called, once: instances run something newer", async () => {
  const fleet = await toldFleet();
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
