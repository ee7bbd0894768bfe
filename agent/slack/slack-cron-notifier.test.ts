import { afterEach, beforeEach, expect, test } from "vitest";
import type { CronNews } from "../../protocol/cron-news.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import { type SimulatedClock, simulatedClock } from "../testing/simulated-clock.ts";
import { SlackCronNotifier } from "./slack-cron-notifier.ts";

let double: SlackDouble;
let clock: SimulatedClock;
let logged: string[];
beforeEach(async () => {
  double = await slackDouble();
  clock = simulatedClock();
  logged = [];
});
afterEach(async () => {
  expect(double.faults).toEqual([]);
  await double.close();
});

const aNotifier = () =>
  new SlackCronNotifier({
    cluster: "test",
    channel: double.channel,
    token: "ssm:/token",
    readSecret: async () => double.token,
    api: double.url,
    http: double.http(clock),
    clock,
    log: (event, { name, error }: Record<string, unknown> = {}) =>
      void logged.push(`${event} ${name}: ${error}`),
  });

const failed: CronNews = {
  ...{ service: "web", name: "nightly", what: "failed" },
  ...{ scheduledFor: "2026-01-01T03:00:00.000Z", instance: "web-1", release: "web-1-ccccccc" },
  why: "it exited with status 1; its log: <!channel> no disk",
};

const posted = (seconds: number) => clock.run(clock.sleep(seconds * 1000));

test("a failure is a message that says what failed, where, why and what to look at", async () => {
  aNotifier().tell(failed);
  await posted(10);

  expect(double.messages).toHaveLength(1);
  expect(double.messages[0]?.text).toBe("nightly of web on test: failed");
  const blocks = JSON.stringify(double.messages[0]?.blocks);
  expect(blocks).toContain("scheduled for 2026-01-01T03:00:00.000Z · on web-1 · web-1-ccccccc");
  expect(blocks).toContain("`it exited with status 1; its log: &lt;!channel&gt; no disk`");
  expect(blocks).toContain("`shoestring cron web --cluster test`");
});

test("news come in their order, no faster than Slack likes", async () => {
  const notifier = aNotifier();
  notifier.tell(failed);
  notifier.tell({ ...failed, what: "runs again", why: undefined });
  notifier.tell({ ...failed, name: "weekly", what: "left out", why: "its run had not ended" });
  await posted(10);

  expect(double.messages.map(({ text }) => text)).toEqual([
    "nightly of web on test: failed",
    "nightly of web on test: runs again",
    "weekly of web on test: a time was left out",
  ]);
});

test("a Slack that is away gets the news when it is back within minutes", async () => {
  double.always({ status: 503 });
  const notifier = aNotifier();
  notifier.tell(failed);
  await posted(300);
  double.always(undefined);
  await posted(60);

  expect(double.messages).toHaveLength(1);
  expect(logged).toEqual([]);
});

test("news that Slack refuses, or does not take for minutes, are logged and given up", async () => {
  double.always({ error: "channel_not_found" });
  const notifier = aNotifier();
  notifier.tell(failed);
  await posted(60);
  expect(logged).toEqual([expect.stringContaining("slack.unsent nightly: Slack refused")]);

  double.always({ status: 503 });
  for (let n = 1; n <= 30; n += 1) notifier.tell({ ...failed, name: `job-${n}` });
  await posted(1200);
  expect(logged).toHaveLength(31);
  double.always(undefined);
  notifier.tell({ ...failed, name: "last" });
  await posted(60);
  expect(double.messages.map(({ text }) => text)).toEqual(["last of web on test: failed"]);
});
