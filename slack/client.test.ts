import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeHttp } from "../lib/http.ts";
import { type Slack, SlackAway, SlackMessageGone, SlackRefused, slackOverHttp } from "./client.ts";
import { layout } from "./layout.ts";
import { type SlackDouble, slackDouble } from "./testing/slack-double.ts";

let double: SlackDouble;
let slack: Slack;
beforeEach(async () => {
  double = await slackDouble();
  slack = slackOverHttp({ ...double, http: nodeHttp() });
});
afterEach(() => double.close());

const message = layout({ icon: "x", title: "web-8", about: ["alice"] });
const name = "staging/web/8";
const longAgo = new Date(0);
const post = () => slack.post({ channel: double.channel, name, message });
const why = (asked: Promise<unknown>) => asked.then(String, (error: unknown) => error);

test("a message is posted, edited, answered in its thread and found again", async () => {
  const reference = await post();
  await slack.update(reference, name, { ...message, text: "web-8: done" });
  await slack.post({ channel: double.channel, name, message, thread: reference });

  expect(double.messages).toMatchObject([
    { ...reference, text: "web-8: done" },
    { thread_ts: reference.ts, text: "web-8" },
  ]);
  expect(await slack.find(double.channel, [name], longAgo)).toEqual(reference);
  expect(await slack.find(double.channel, ["staging/web/9"], longAgo)).toBeUndefined();
  expect(await slack.find(double.channel, [name], new Date(Date.now() + 9e6))).toBeUndefined();
  expect(double.faults).toEqual([]);
});

test("an error that Slack would repeat is a refusal, with Slack's word for it", async () => {
  for (const error of ["channel_not_found", "not_in_channel", "missing_scope", "msg_too_long"]) {
    double.next("chat.postMessage", { error });
    const refused = await why(post());
    expect(refused).toBeInstanceOf(SlackRefused);
    expect((refused as Error).message).toContain(error);
  }
  const stranger = slackOverHttp({ ...double, token: "xoxb-revoked", http: nodeHttp() });
  const refused = await why(stranger.post({ channel: double.channel, name, message }));
  expect(refused).toBeInstanceOf(SlackRefused);
  expect(String(refused)).toContain("invalid_auth");
  expect(String(refused)).not.toContain("xoxb");
});

test("a message that is gone, or belongs to another app, cannot be edited", async () => {
  const gone = await why(slack.update({ channel: double.channel, ts: "1.000001" }, name, message));
  expect(gone).toBeInstanceOf(SlackMessageGone);
  const reference = await post();
  double.next("chat.update", { error: "cant_update_message" });
  expect(await why(slack.update(reference, name, message))).toBeInstanceOf(SlackMessageGone);
});

test("rate limiting gives the time to wait, in both of Slack's ways", async () => {
  double.next(
    "chat.postMessage",
    { status: 429, headers: { "retry-after": "30" } },
    { status: 429, headers: { "retry-after": "soon" } },
    { error: "ratelimited" },
  );
  const waits = [await why(post()), await why(post()), await why(post())];
  for (const wait of waits) expect(wait).toBeInstanceOf(SlackAway);
  expect(waits.map((it) => (it as SlackAway).retryAfterMs)).toEqual([30_000, undefined, undefined]);
});

test("an invalid response means that Slack is away", async () => {
  double.next(
    "chat.postMessage",
    { status: 500 },
    { status: 200, body: "<html>a proxy</html>" },
    { status: 200, body: '{"ok":true}' },
    { status: 200, body: "null" },
    { status: 404, body: "" },
    { error: "internal_error" },
  );
  for (let call = 0; call < 6; call += 1) expect(await why(post())).toBeInstanceOf(SlackAway);
  double.next("conversations.history", { status: 200, body: '{"ok":true,"messages":7}' });
  const found = await why(slack.find(double.channel, [name], longAgo));
  expect(found).toBeInstanceOf(SlackAway);
});

test("a search skips other people's messages, with metadata of any form", async () => {
  const reference = await post();
  const others = [{}, { event_type: "x" }, { event_type: "x", event_payload: { name } }, 7];
  const messages = [
    ...others.map((metadata, i) => ({ ts: `2.00000${i}`, metadata })),
    ...double.messages,
  ];
  const body = JSON.stringify({ ok: true, messages });
  double.next("conversations.history", { status: 200, body });
  expect(await slack.find(double.channel, [name], longAgo)).toEqual(reference);
});

test("a refused connection means that Slack is away", async () => {
  await double.close();
  expect(await why(post())).toBeInstanceOf(SlackAway);
});
