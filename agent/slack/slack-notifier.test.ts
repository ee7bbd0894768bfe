import { afterEach, beforeEach, expect, test } from "vitest";
import type { Http } from "../../lib/http.ts";
import { type MemoryConsul, memoryConsul } from "../../lib/testing/memory-consul.ts";
import {
  type Deploy,
  formatDocument,
  type InstanceRollout,
  parseDocument,
  Rollout,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import { buildName } from "../../slack/build-message.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import type { RolloutNotifier } from "../rollout/notifier.ts";
import { aDeploy } from "../testing/builders.ts";
import { type SimulatedClock, simulatedClock } from "../testing/simulated-clock.ts";
import { saveSlack } from "./save-slack.ts";
import { SlackNotifier, type SlackNotifierContext } from "./slack-notifier.ts";

let double: SlackDouble;
let consul: MemoryConsul;
let clock: SimulatedClock;
let lines: { event: string; error?: unknown }[];
/** The time of each call, in milliseconds. */
let times: number[];
beforeEach(async () => {
  double = await slackDouble();
  consul = memoryConsul();
  clock = simulatedClock();
  lines = [];
  times = [];
});
afterEach(async () => {
  expect(double.faults).toEqual([]);
  await double.close();
});

const token = "ssm:/shoestring/test/global/slack-token";

/** The notifier of one agent; each call makes another agent's. */
function anObserver(differs: Partial<SlackNotifierContext> = {}): RolloutNotifier {
  const overMemory = double.http(clock);
  const http: Http = (request) => {
    times.push(clock.monotonicMs());
    return overMemory(request);
  };
  return new SlackNotifier({
    cluster: "test",
    channel: double.channel,
    token,
    readSecret: async (reference) => (reference === token ? double.token : "another secret"),
    api: double.url,
    links: {},
    http,
    clock,
    log: (event, fields) => void lines.push({ event, ...fields }),
    saveSlack: (deploy, slack) => saveSlack(consul, deploy, slack),
    ...differs,
  });
}

const rolloutKey = (deploy: Deploy) => keys.rollout(deploy.service, deploy.revision);

/** Writes the rollout as its agents do, and returns the view that the coordinator then reads. */
function view(
  deploy: Deploy,
  phase: Rollout["phase"] = "rolling",
  reports: readonly InstanceRollout[] = [],
): RolloutView {
  const key = rolloutKey(deploy);
  const before = consul.text(key);
  const rollout: Rollout = {
    ...(before
      ? parseDocument(Rollout, key, before)
      : { schema: 2, startedAt: deploy.at, writtenBy: "web-1" }),
    phase,
  };
  consul.put(key, formatDocument(Rollout, key, rollout));
  return { deploy, rollout, reports, registered: ["web-1"], good: undefined };
}

const aReport = (serving: number): InstanceRollout => ({
  schema: 2,
  instance: "web-1",
  service: "web",
  revision: 8,
  phase: "rolling",
  seenAt: "2026-01-01T00:08:00.000Z",
  processes: Object.fromEntries(
    Array.from({ length: 4 }, (_, i) => [
      String(i + 1),
      {
        release: aDeploy(i < serving ? 8 : 7).release.id,
        phase: "serving",
        since: "2026-01-01T00:08:00.000Z",
      },
    ]),
  ),
  connectionsCut: 0,
});

const settle = (notifier: RolloutNotifier) => clock.run(notifier.settled());
const showAll = async (notifier: RolloutNotifier, ...views: readonly RolloutView[]) => {
  for (const it of views) notifier.show(it);
  await settle(notifier);
};
const later = (ms: number) => clock.run(clock.sleep(ms));
const methods = () => double.calls.map(({ method }) => method);
const posts = () => double.calls.filter(({ method }) => method === "chat.postMessage");
const reads = () => double.messages.map(({ text }) => text.replace(/, [^,]*$/, ""));

test("a deploy is one message, from its first view to its last", async () => {
  const notifier = anObserver();
  const deploy = aDeploy(8);
  await showAll(notifier, view(deploy));
  await showAll(notifier, view(deploy, "rolling", [aReport(2)]));
  await showAll(notifier, view(deploy, "done", [aReport(4)]));

  expect(methods()).toEqual([
    "conversations.history",
    "chat.postMessage",
    "chat.update",
    "chat.update",
  ]);
  expect(reads()).toEqual(["web-8-ccccccc on test: done"]);
});

test("a deploy goes on with the message that its build began", async () => {
  const build = { channel: double.channel, text: "building", blocks: [], ts: "1767225600.000001" };
  (double.messages as unknown[]).push(build);
  const slack = { channel: double.channel, ts: build.ts };
  await showAll(anObserver(), view(aDeploy(8, { slack })));

  expect(methods()).toEqual(["chat.update"]);
  expect(reads()).toEqual(["web-8-ccccccc on test: rolling"]);
});

test("a message of a build that got no answer is found by its release", async () => {
  const { release } = aDeploy(8);
  const metadata = {
    event_type: "shoestring_deploy",
    event_payload: { name: buildName("test", release) },
  };
  const build = { channel: double.channel, text: "building", blocks: [], metadata };
  (double.messages as unknown[]).push({ ...build, ts: "1767225600.000001" });
  await showAll(anObserver(), view(aDeploy(8)));
  expect(methods()).toEqual(["conversations.history", "chat.update"]);
  expect(reads()).toEqual(["web-8-ccccccc on test: rolling"]);
});

test("a message in another channel is not edited", async () => {
  const slack = { channel: "C0OTHER", ts: "1767225600.000001" };
  await showAll(anObserver(), view(aDeploy(8, { slack })));
  expect(posts()).toHaveLength(1);
});

test("another coordinator goes on with the same message when the first one is gone", async () => {
  const deploy = aDeploy(8);
  await showAll(anObserver(), view(deploy));
  await showAll(anObserver(), view(deploy, "done"));

  expect(methods().at(-1)).toBe("chat.update");
  expect(reads()).toEqual(["web-8-ccccccc on test: done"]);
});

test("an agent that dies between the post and its record leaves no second message", async () => {
  const deploy = aDeploy(8);
  await showAll(anObserver({ saveSlack: () => Promise.reject(new Error("killed")) }), view(deploy));
  await showAll(anObserver(), view(deploy, "done"));
  expect(reads()).toEqual(["web-8-ccccccc on test: done"]);
});

test("a post whose answer was lost is found and not repeated", async () => {
  double.next("chat.postMessage", "silent");
  await showAll(anObserver(), view(aDeploy(8)));
  expect(posts()).toHaveLength(1);
  expect(double.messages).toHaveLength(1);
});

test("a message is posted although the app may not read the channel", async () => {
  double.next("conversations.history", { error: "missing_scope" });
  await showAll(anObserver(), view(aDeploy(8)));
  expect(double.messages).toHaveLength(1);
  expect(lines).toMatchObject([{ event: "slack.find" }]);
});

test("views in quick succession become one edit with the newest", async () => {
  const notifier = anObserver();
  const deploy = aDeploy(8);
  await showAll(notifier, view(deploy));
  for (let serving = 0; serving < 4; serving += 1) {
    notifier.show(view(deploy, "rolling", [aReport(serving)]));
  }
  await showAll(notifier, view(deploy, "done"));
  expect(methods().slice(2)).toEqual(["chat.update"]);
  expect(reads()).toEqual(["web-8-ccccccc on test: done"]);
});

test("any two calls are at least a second apart, even for several services", async () => {
  const notifier = anObserver();
  for (let round = 0; round < 5; round += 1) {
    for (const service of ["web", "api", "jobs"]) notifier.show(view(aDeploy(8, { service })));
    await later(700);
  }
  await settle(notifier);
  const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
  expect(gaps.length).toBeGreaterThan(5);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
  expect(double.messages).toHaveLength(3);
});

test("the notifier calls Slack again only after the time that Slack asked for", async () => {
  const notifier = anObserver();
  const deploy = aDeploy(8);
  await showAll(notifier, view(deploy));
  double.next("chat.update", { status: 429, headers: { "retry-after": "90" } });
  await showAll(notifier, view(deploy, "done"));
  const [limited, again] = times.slice(-2) as [number, number];
  expect(again - limited).toBeGreaterThanOrEqual(90_000);
  expect(reads()).toEqual(["web-8-ccccccc on test: done"]);
});

test("agents that share a channel keep Slack's limit, and each message reaches its final state", async () => {
  const overMemory = double.http(clock);
  let freeAtMs = 0;
  let limited = 0;
  /** Allows one call a second in the channel, by any agent. */
  const http: Http = async (request) => {
    if (clock.monotonicMs() < freeAtMs) {
      limited += 1;
      return { status: 429, headers: { "retry-after": "1" }, body: "" };
    }
    freeAtMs = clock.monotonicMs() + 1000;
    return overMemory(request);
  };
  const agents = ["web", "api", "jobs"].map((service) => ({
    deploy: aDeploy(8, { service }),
    notifier: anObserver({ http }),
  }));
  for (let round = 0; round < 5; round += 1) {
    for (const { deploy, notifier } of agents) notifier.show(view(deploy));
    await later(700);
  }
  for (const { deploy, notifier } of agents) notifier.show(view(deploy, "done"));
  for (const { notifier } of agents) await settle(notifier);

  expect(limited).toBeGreaterThan(0);
  const ends = agents.map(({ deploy }) => `${deploy.release.id} on test: done`);
  expect(reads().sort()).toEqual(ends.sort());
  expect(lines.filter(({ event }) => event === "slack.unsent")).toEqual([]);
});

test.each([
  ["down", { status: 503 }],
  ["slow", "silent"],
  ["answering nonsense", { status: 200, body: "<html>" }],
] as const)(
  "nothing waits for a Slack that is %s, and the end is shown afterwards",
  async (_, trouble) => {
    const notifier = anObserver();
    const deploy = aDeploy(8);
    double.always(trouble);
    for (let serving = 0; serving < 4; serving += 1) {
      notifier.show(view(deploy, "rolling", [aReport(serving)]));
      await later(20_000);
    }
    notifier.show(view(deploy, "done"));
    await later(60_000);
    double.always(undefined);
    await settle(notifier);
    expect(reads()).toEqual(["web-8-ccccccc on test: done"]);
  },
);

test("a Slack that stays away is given up, and logged once", async () => {
  const notifier = anObserver();
  double.always({ status: 503 });
  await showAll(notifier, view(aDeploy(8), "done"));
  expect(clock.monotonicMs()).toBeLessThan(700_000);
  expect(lines).toMatchObject([{ event: "slack.failed" }, { event: "slack.unsent" }]);
});

test("a view that could not be shown in time is dropped, because another coordinator may know better", async () => {
  const notifier = anObserver();
  double.always({ status: 503 });
  await showAll(notifier, view(aDeploy(8)));
  expect(clock.monotonicMs()).toBeLessThan(30_000);
});

test.each(["invalid_auth", "channel_not_found", "not_in_channel"])(
  "after %s Slack is not called again for that rollout, and one event is logged",
  async (error) => {
    const notifier = anObserver();
    const deploy = aDeploy(8);
    double.always({ error });
    await showAll(notifier, view(deploy));
    const asked = double.calls.length;
    await showAll(notifier, view(deploy, "done"));
    expect(double.calls).toHaveLength(asked);
    expect(lines.filter(({ event }) => event === "slack.failed")).toEqual([
      { event: "slack.failed", error: expect.stringContaining(error) },
    ]);

    double.always(undefined);
    await showAll(notifier, view(aDeploy(9)));
    expect(reads()).toEqual(["web-9-ccccccc on test: rolling"]);
  },
);

test("a token that cannot be read means that Slack is away, and the token is never logged", async () => {
  const deploy = aDeploy(8);
  const notifier = anObserver({
    readSecret: () => (clock.monotonicMs() < 60_000 ? Promise.reject(new Error("denied")) : read()),
  });
  const read = async () => double.token;
  await showAll(notifier, view(deploy, "done"));
  expect(reads()).toEqual(["web-8-ccccccc on test: done"]);
  expect(JSON.stringify(lines)).not.toContain(double.token);
});

test("a message that a person removed is replaced once", async () => {
  const notifier = anObserver();
  const deploy = aDeploy(8);
  const remove = () => double.remove(double.messages[0]?.ts ?? "");
  await showAll(notifier, view(deploy));
  remove();
  await showAll(notifier, view(deploy, "rolling", [aReport(2)]));
  expect(double.messages).toHaveLength(1);
  remove();
  await showAll(notifier, view(deploy, "done"));
  expect(double.messages).toHaveLength(0);
});

test("a person is called once, in the thread, although another coordinator takes over", async () => {
  const deploy = aDeploy(8);
  await showAll(anObserver(), view(deploy));
  await showAll(anObserver(), view(deploy, "failed"));
  await showAll(anObserver(), view(deploy, "failed"));
  const [message, ...replies] = double.messages;
  expect(message?.text).toContain("failed");
  expect(replies).toMatchObject([
    { thread_ts: message?.ts, text: "web-8-ccccccc on test: failed" },
  ]);
});

test("few rollouts are kept in memory, however many there are", async () => {
  const notifier = anObserver();
  double.always({ status: 503 });
  for (let n = 0; n < 500; n += 1) notifier.show(view(aDeploy(8, { service: `s${n}` }), "done"));
  await settle(notifier);
  expect(lines.filter(({ event }) => event === "slack.unsent").length).toBeLessThanOrEqual(51);
});
