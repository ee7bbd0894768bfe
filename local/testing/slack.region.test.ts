import { afterAll, beforeAll, expect, test } from "vitest";
import { slackTokenParameter } from "../../modules/cluster/slack.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import { putSecret } from "./artifacts.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

let double: SlackDouble;
let on: RegionUnderTest;
beforeAll(async () => {
  double = await slackDouble("0.0.0.0");
  // The name by which instances reach this machine.
  const api = `http://consul.local.internal:${double.port}/api`;
  const board = "https://board.example.org/{cluster}#{service}";
  const slack = { channel: double.channel, api, links: { board } };
  on = await regionUnderTest({ processes: 2 }, { slack });
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
