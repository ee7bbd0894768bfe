import { afterAll, beforeAll, expect, test } from "vitest";
import { slackTokenParameter } from "../../modules/cluster/slack.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import { putSecret } from "./artifacts.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

/** Fails while its file exists. */
const failing = "/srv/web/fails";
const command = ["sh", "-c", `test ! -e ${failing}`];
const cron = { check: { command, at: "*:*:0/5", timeoutSeconds: 30 } };

let double: SlackDouble;
let on: RegionUnderTest;
beforeAll(async () => {
  double = await slackDouble("0.0.0.0");
  // The name by which instances reach this machine.
  const api = `http://consul.local.internal:${double.port}/api`;
  const board = "https://board.example.org/{cluster}#{service}";
  const slack = { channel: double.channel, api, links: { board } };
  on = await regionUnderTest({ processes: 2, cron }, { slack });
  await putSecret(slackTokenParameter("local"), double.token);
  // As in a workflow.
  process.env.SHOESTRING_SLACK_TOKEN = double.token;
  process.env.SHOESTRING_SLACK_CHANNEL = double.channel;
  process.env.SHOESTRING_SLACK_API = double.url;
});
afterAll(async () => {
  await endTestRegion();
  await double.close();
});

test("a push has one message in Slack, from the upload until it is done", async () => {
  const { release } = await on.pushed();

  const [message] = await until("the end in Slack", () =>
    double.messages[0]?.text.includes(": done,") ? double.messages : undefined,
  );
  expect(double.messages).toHaveLength(1);
  expect(message?.text).toMatch(new RegExp(`^${release.id} on local: done, \\d+ s$`));
  expect(JSON.stringify(message?.blocks)).toContain("4 of 4 processes");
  expect(double.calls.filter(({ method }) => method === "chat.postMessage")).toHaveLength(1);
  expect(double.calls[0]?.title).toBe(`${release.id} on local: uploading`);
  expect(double.faults).toEqual([]);
});

test("a scheduled command that fails at each time is one message, and that it runs again another", async () => {
  const told = () =>
    double.messages.map(({ text }) => text).filter((text) => text.startsWith("check of web"));
  const onBoth = (script: string) =>
    Promise.all(["web-1", "web-2"].map((it) => on.on(it, "sh", "-c", script)));
  await onBoth(`touch ${failing}`);
  await until("a failure in Slack", () => told().length > 0);
  expect(JSON.stringify(double.messages.at(-1)?.blocks)).toContain("it exited with status 1");
  await new Promise((resolve) => setTimeout(resolve, 11_000)); // two more times
  await onBoth(`rm ${failing}`);
  await until("its recovery in Slack", () => told().length > 1);
  expect(told()).toEqual(["check of web on local: failed", "check of web on local: runs again"]);
  expect(double.faults).toEqual([]);
});

test("a push is done although Slack never answers", async () => {
  double.always("silent");
  const before = double.calls.length;
  await on.pushed();
  // The build called Slack, and so did an instance.
  expect(double.calls.length - before).toBeGreaterThan(1);
  double.always(undefined);
});

test("the token is only in its parameter", async () => {
  const { found } = await on.consul.list("");
  expect(found.map(({ value }) => value).join("\n")).not.toContain(double.token);
  const search = `journalctl | grep -c ${double.token}; grep -rlsI ${double.token} /etc /var/lib/shoestring /srv; true`;
  for (const instance of ["web-1", "web-2"]) {
    expect((await on.on(instance, "sh", "-c", search)).trim()).toBe("0");
  }
});
