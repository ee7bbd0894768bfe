import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeHttp } from "../../lib/http.ts";
import { ArtifactMetadata } from "../../protocol/artifact.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import { commandLine } from "../testing/command-line.ts";
import { notifyBuild } from "./notify-build.ts";

let double: SlackDouble;
let folder: string;
let lines: string[];
beforeEach(async () => {
  double = await slackDouble();
  folder = await mkdtemp(join(tmpdir(), "shoestring-slack-"));
  await writeFile(join(folder, "server.js"), "serve");
  lines = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  expect(double.faults).toEqual([]);
  await double.close();
});

const commit = "c".repeat(40);
const build = ["--service", "web", "--sequence", "8", "--commit", commit, "--reason", "login"];

/** A command line in a workflow that may post to Slack. */
function aWorkflow(differs: Readonly<Record<string, string>> = {}) {
  const env = {
    SHOESTRING_SLACK_TOKEN: double.token,
    SHOESTRING_SLACK_CHANNEL: double.channel,
    SHOESTRING_SLACK_API: double.url,
    ...differs,
  };
  const repository = "https://github.com/example/web";
  const say = (line: string) => void lines.push(line);
  return commandLine(undefined, { repository, notifyBuild: notifyBuild(env, nodeHttp(), say) });
}

const push = (on: ReturnType<typeof commandLine>) =>
  on.shoestring("release", "push", folder, ...build);
/** Reports that the build begins, and has the message's reference written to a file. */
const reportBuilding = (file: string) =>
  aWorkflow().shoestring("release", "tell", "building", ...build, "--out", file);
const uploaded = ({ artifacts }: ReturnType<typeof commandLine>) =>
  ArtifactMetadata.parse(artifacts.object(`web/8-${commit}.tar.gz`)?.metadata);

test("a build begins the message; its push updates it and stores its reference with the upload", async () => {
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

test("a build appends its message's reference to a file for later steps", async () => {
  const file = join(folder, "env");
  await writeFile(file, "BEFORE=1\n");
  const { code } = await reportBuilding(file);
  expect(code).toBe(0);
  const message = `${double.channel}/${double.messages[0]?.ts}`;
  expect(await readFile(file, "utf8")).toBe(`BEFORE=1\nSHOESTRING_SLACK_MESSAGE=${message}\n`);
});

test("without a message no reference is written, and a file that cannot be written fails no build", async () => {
  const unwritable = await reportBuilding(join(folder, "missing", "env"));
  expect(unwritable).toMatchObject({
    code: 0,
    err: expect.stringContaining("later steps do not know the message"),
  });

  double.always({ status: 503 });
  expect(await reportBuilding(join(folder, "env"))).toMatchObject({ code: 0, out: "" });
  await expect(readFile(join(folder, "env"))).rejects.toThrow("ENOENT");
});

test("a message reference of an invalid form is not handed on", async () => {
  double.next("chat.postMessage", {
    status: 200,
    body: JSON.stringify({ ok: true, channel: double.channel, ts: "1.1\nPATH=/tmp" }),
  });
  const file = join(folder, "env");
  const result = await reportBuilding(file);
  expect(result).toMatchObject({ code: 0, out: "" });
  await expect(readFile(file)).rejects.toThrow("ENOENT");
});

test("a push of a build that was uploaded before ends its message: no rollout follows", async () => {
  const workflow = aWorkflow();
  await push(workflow);
  await push(workflow);
  expect(double.messages.map(({ text }) => text)).toEqual([
    "web-8-ccccccc on local: uploading",
    "web-8-ccccccc on local: was uploaded before",
  ]);
});

test("a push alone begins a message too", async () => {
  const workflow = aWorkflow();
  await push(workflow);
  expect(uploaded(workflow).slack).toEqual({
    channel: double.channel,
    ts: double.messages[0]?.ts,
  });
});

test("a failed build is reported in the same message", async () => {
  const { out: begun } = await aWorkflow().shoestring("release", "tell", "building", ...build);
  const workflow = aWorkflow({ SHOESTRING_SLACK_MESSAGE: begun });
  await workflow.shoestring("release", "tell", "failed", ...build);
  expect(double.messages.map(({ text }) => text)).toEqual(["web-8-ccccccc on local: not uploaded"]);
});

test("a failed upload is reported in Slack, and its error is the command's error", async () => {
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
] as const)("with Slack %s, a push succeeds and prints the reason", async (_, trouble) => {
  double.always(trouble);
  const workflow = aWorkflow();
  const { code, out } = await push(workflow);
  expect(code).toBe(0);
  expect(out).toContain("web-8-ccccccc is uploaded to");
  expect(uploaded(workflow)).not.toHaveProperty("slack");
  expect(lines).toEqual([expect.stringMatching(/^Slack was not told: Slack (gave no|refused)/)]);
  expect(lines.join()).not.toContain(double.token);
});

test("without a token, no request is sent to Slack", async () => {
  const workflow = aWorkflow({ SHOESTRING_SLACK_TOKEN: "" });
  await push(workflow);
  expect(double.calls).toEqual([]);
  expect(lines).toEqual([]);
});

test("a channel's name is refused, and the error shows a valid id", async () => {
  await push(aWorkflow({ SHOESTRING_SLACK_CHANNEL: "#deploys" }));
  expect(lines).toEqual([
    'Slack is not told: SHOESTRING_SLACK_CHANNEL is "#deploys"; good: an id like C0123456789',
  ]);
});

test("release tell without a valid phase or a sequence is wrong use", async () => {
  const { shoestring } = commandLine();
  const wrong = await shoestring("release", "tell", "done", "--service", "web");
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('"done" is no phase') });
  const unnamed = await shoestring("release", "tell", "building", "--service", "web");
  expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining("--sequence is missing") });
});
