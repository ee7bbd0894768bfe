import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArtifactMetadata } from "../protocol/artifact.ts";
import { nodeHttp } from "../protocol/http.ts";
import { type SlackDouble, slackDouble } from "../protocol/testing/slack-double.ts";
import { tellBuild } from "./tell-build.ts";
import { commandLine } from "./testing/command-line.ts";

let double: SlackDouble;
let folder: string;
let said: string[];
beforeEach(async () => {
  double = await slackDouble();
  folder = await mkdtemp(join(tmpdir(), "shoestring-tell-"));
  await writeFile(join(folder, "server.js"), "serve");
  said = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  expect(double.faults).toEqual([]);
  await double.close();
});

const commit = "c".repeat(40);
const build = ["--service", "web", "--sequence", "8", "--commit", commit, "--reason", "login"];

/** A command line in a workflow that may tell Slack. */
function aWorkflow(differs: Readonly<Record<string, string>> = {}) {
  const env = {
    SHOESTRING_SLACK_TOKEN: double.token,
    SHOESTRING_SLACK_CHANNEL: double.channel,
    SHOESTRING_SLACK_API: double.url,
    ...differs,
  };
  const repository = "https://github.com/example/web";
  const say = (line: string) => void said.push(line);
  return commandLine(undefined, { repository, tellBuild: tellBuild(env, nodeHttp(), say) });
}

const push = (on: ReturnType<typeof commandLine>) =>
  on.shoestring("release", "push", folder, ...build);
const uploaded = ({ artifacts }: ReturnType<typeof commandLine>) =>
  ArtifactMetadata.parse(artifacts.object(`web/8-${commit}.tar.gz`)?.metadata);

test("a build begins the message, and its push goes on with it and takes it along", async () => {
  const { out: begun } = await aWorkflow().shoestring("release", "tell", "building", ...build);
  expect(double.messages[0]?.text).toBe("web-8-ccccccc on local: building");

  const workflow = aWorkflow({ SHOESTRING_SLACK_MESSAGE: begun });
  await push(workflow);

  const [message, ...others] = double.messages;
  expect(others).toEqual([]);
  expect(message?.text).toBe("web-8-ccccccc on local: uploading");
  expect(begun).toBe(`${double.channel}/${message?.ts}`);
  expect(uploaded(workflow)).toMatchObject({
    slack: { channel: double.channel, ts: message?.ts },
    repository: "https://github.com/example/web",
  });
});

test("a push alone begins the message too", async () => {
  const workflow = aWorkflow();
  await push(workflow);
  expect(uploaded(workflow).slack).toEqual({
    channel: double.channel,
    ts: double.messages[0]?.ts,
  });
});

test("a build that failed says so in the same message", async () => {
  const { out: begun } = await aWorkflow().shoestring("release", "tell", "building", ...build);
  const workflow = aWorkflow({ SHOESTRING_SLACK_MESSAGE: begun });
  await workflow.shoestring("release", "tell", "failed", ...build);
  expect(double.messages.map(({ text }) => text)).toEqual(["web-8-ccccccc on local: not uploaded"]);
});

test("an upload that failed says so, and is the error that is seen", async () => {
  const workflow = aWorkflow();
  workflow.artifacts.put = () => Promise.reject(new Error("the bucket is away"));
  const { code, err } = await push(workflow);
  expect(code).toBe(1);
  expect(err).toContain("the bucket is away");
  expect(double.messages[0]?.text).toBe("web-8-ccccccc on local: not uploaded");
});

test.each([
  ["down", { status: 503 }],
  ["slow", "silent"],
  ["refusing", { error: "invalid_auth" }],
] as const)("with Slack %s a push is a push, and says why nobody was told", async (_, trouble) => {
  double.always(trouble);
  const workflow = aWorkflow();
  const { code, out } = await push(workflow);
  expect(code).toBe(0);
  expect(out).toContain("web-8-ccccccc is uploaded to");
  expect(uploaded(workflow)).not.toHaveProperty("slack");
  expect(said).toEqual([expect.stringMatching(/^Slack was not told: Slack (gave no|refused)/)]);
  expect(said.join()).not.toContain(double.token);
});

test("without a token nobody is told, and nobody is asked", async () => {
  const workflow = aWorkflow({ SHOESTRING_SLACK_TOKEN: "" });
  await push(workflow);
  expect(double.calls).toEqual([]);
  expect(said).toEqual([]);
});

test("a channel's name is refused with what is meant", async () => {
  await push(aWorkflow({ SHOESTRING_SLACK_CHANNEL: "#deploys" }));
  expect(said).toEqual([
    'Slack is not told: SHOESTRING_SLACK_CHANNEL is "#deploys"; good: an id like C0123456789',
  ]);
});

test("what a build is told of must be named", async () => {
  const { shoestring } = commandLine();
  const wrong = await shoestring("release", "tell", "done", "--service", "web");
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('"done" is no phase') });
  const unnamed = await shoestring("release", "tell", "building", "--service", "web");
  expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining("--sequence is missing") });
});
