import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { handler } from "../../functions/announce/handler.ts";
import { checkout } from "../../local/host/region.ts";
import { runQueue } from "../../local/lambda-emulator/runner.ts";
import { down } from "../../local/region/index.ts";
import {
  type PipelineUnderTest,
  pipelineRegion,
  pipelineUnderTest,
} from "../../local/testing/pipeline-under-test.ts";
import { until } from "../../local/testing/until.ts";
import { readDeploy } from "../../protocol/deploys.ts";
import { type SlackDouble, slackDouble } from "../../slack/testing/slack-double.ts";
import { ensureNode } from "../../tools/node.ts";
import { type TestCollector, testCollector } from "../../trace/testing/collector.ts";

const commit = "c0ffee".padEnd(40, "0");
/** The key that the collector of traces requires. */
const traceKey = "a-very-secret-key";
/** The run's variables for each step, besides those that earlier steps wrote. */
const run = {
  GITHUB_REF: "refs/heads/deploy/staging",
  GITHUB_REPOSITORY: "example/web",
  GITHUB_RUN_NUMBER: "8",
  GITHUB_SHA: commit,
};
const expressions: Readonly<Record<string, string>> = {
  "inputs.service": "web",
  "inputs.build":
    "mkdir -p dist; cp server.js dist/; echo built for $GITHUB_SHA; env >> ../seen-by-builds",
  "inputs.folder": "dist",
  "inputs.sequence-offset": "0",
  "github.actor": "octocat",
  "github.server_url": "https://github.com",
  "github.repository": "example/web",
  "github.run_id": "4711",
};

interface Step {
  readonly id?: string;
  readonly name: string;
  readonly if?: string;
  readonly "continue-on-error"?: boolean;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "working-directory"?: string;
}
const { jobs } = parse(
  readFileSync(join(checkout, ".github/workflows/deploy-service.yml"), "utf8"),
) as { jobs: { deploy: { steps: readonly Step[] } } };
/** The step that installs packages from the registry is replaced by the checkout's packages. */
const steps = jobs.deploy.steps.filter((it) => it.run && it.name !== "Install the command line");

let on: PipelineUnderTest;
let slack: SlackDouble;
let collector: TestCollector;
let workspace: string;
let path: string;
beforeAll(async () => {
  on = await pipelineUnderTest();
  slack = await slackDouble();
  collector = await testCollector();
  for (const [name, value] of Object.entries(on.environment)) vi.stubEnv(name, value);
  vi.spyOn(console, "log").mockImplementation(() => {});
  path = `${dirname(await ensureNode(() => {}))}:${process.env.PATH}`;
  workspace = mkdtempSync(join(tmpdir(), "shoestring-steps-"));
  for (const folder of [
    "bin",
    "cli",
    "lib",
    "protocol",
    "slack",
    "trace",
    "ci",
    "clusters",
    "modules",
  ]) {
    cpSync(join(checkout, folder), join(workspace, "infrastructure", folder), { recursive: true });
  }
  addSlackAndTrace(join(workspace, "infrastructure", "clusters", "staging.ts"));
  installProductionPackages(join(workspace, "infrastructure"));
  mkdirSync(join(workspace, "service"));
  writeFileSync(join(workspace, "service", "server.js"), "serve");
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await slack.close();
  await collector.close();
  rmSync(workspace, { recursive: true });
  await down(pipelineRegion());
});

test("the deploy workflow's steps make a push a deploy and one message, and a rerun changes nothing", async () => {
  const stop = new AbortController();
  const sqs = new SQSClient({});
  const { queueUrl, consul } = on;
  const running = runQueue({ sqs, queueUrl, handler, log: () => {}, signal: stop.signal });
  try {
    const first = await runSteps();
    expect(first.failed).toBeUndefined();
    const deploy = await until("deploy", async () => (await readDeploy(consul, "web")).deploy);
    expect(deploy).toMatchObject({
      revision: 1,
      newestSequence: 8,
      by: "octocat",
      reason: "https://github.com/example/web/actions/runs/4711",
      // With its flag 01, so the collector gets the spans. Here `announce` sends none of its own.
      traceparent: first.environment.TRACEPARENT,
      release: { id: "web-8-c0ffee0", commit },
      slack: { channel: slack.channel, ts: slack.messages[0]?.ts },
    });
    expect(first.outputs).toMatchObject({
      bucket: "staging-artifacts-111111111111-eu-central-1",
      role: "arn:aws:iam::111111111111:role/shoestring-deploy-staging-web",
    });
    expect(slack.calls.map(({ title }) => title)).toEqual([
      "web-8-c0ffee0 on staging: building",
      "web-8-c0ffee0 on staging: uploading",
    ]);
    expect(slack.messages).toHaveLength(1);
    const [, traceId, spanId] = first.environment.TRACEPARENT?.split("-") ?? [];
    expect(collector.spans).toMatchObject([
      { name: "build", traceId, spanId },
      { name: "upload", traceId, parentSpanId: spanId },
    ]);
    expect(collector.spans[0]?.parentSpanId).toBeFalsy();

    const again = await runSteps();
    expect(again.log).toContain("web-8-c0ffee0 was uploaded before, with the same content");
    expect((await readDeploy(consul, "web")).deploy).toEqual(deploy);
    expect(channel()).toEqual([
      "web-8-c0ffee0 on staging: uploading",
      "web-8-c0ffee0 on staging: was uploaded before",
    ]);

    slack.always({ status: 503 });
    const withoutSlack = await runSteps({ GITHUB_RUN_NUMBER: "9" });
    expect(withoutSlack.failed).toBeUndefined();
    expect(first.log + again.log + withoutSlack.log).not.toContain(traceKey);
    const next = await until("the next deploy", async () => {
      const { deploy: current } = await readDeploy(consul, "web");
      return current?.revision === 2 && current;
    });
    expect(next.release.id).toBe("web-9-c0ffee0");
    expect(next).not.toHaveProperty("slack");
  } finally {
    slack.always(undefined);
    stop.abort();
    await running;
  }
});

test("a failed build ends its message, and the run fails with the build's error", async () => {
  const before = slack.messages.length;
  const run = await runSteps({ GITHUB_RUN_NUMBER: "10" }, { "inputs.build": "echo no >&2; false" });
  expect(run.failed).toMatch(/^Build: .*no$/s);
  expect(channel(before)).toEqual(["web-10-c0ffee0 on staging: not uploaded"]);
  expect(run.log).not.toContain("is uploaded to");
});

test("a failed build fails the run with the same error while Slack is away", async () => {
  slack.always({ status: 503 });
  const run = await runSteps({ GITHUB_RUN_NUMBER: "11" }, { "inputs.build": "echo no >&2; false" });
  slack.always(undefined);
  expect(run.failed).toMatch(/^Build: .*no$/s);
});

test("another branch is refused by a step before the build, and Slack gets no call", async () => {
  const before = slack.calls.length;
  const { failed } = await runSteps({ GITHUB_REF: "refs/heads/main" });
  expect(failed).toMatch(/^Check where it goes: .*names no cluster/s);
  expect(slack.calls).toHaveLength(before);
});

test("no build sees the token or the collector's key, and Slack got only valid calls", () => {
  const seen = readFileSync(join(workspace, "seen-by-builds"), "utf8");
  expect(seen).toContain(`SHOESTRING_SLACK_CHANNEL=${slack.channel}`);
  expect(seen).not.toContain(slack.token);
  expect(seen).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${collector.endpoint}`);
  expect(seen).not.toContain(traceKey);
  expect(collector.headers.map((it) => it["x-team"])).toContain(traceKey);
  expect(slack.faults).toEqual([]);
});

/** The texts of the channel's messages, from one on. */
const channel = (from = 0) => slack.messages.slice(from).map(({ text }) => text);

/** Adds the test's channel and collector to a cluster's file, as people write it. */
function addSlackAndTrace(file: string): void {
  const { channel, url: api } = slack;
  const fields = JSON.stringify({
    slack: { channel, api },
    trace: { endpoint: collector.endpoint },
  });
  const before = readFileSync(file, "utf8");
  const after = before.replace("  services:", `  ...${fields},\n$&`);
  if (after === before) throw new Error(`${file} has no place for slack and trace`);
  writeFileSync(file, after);
}

/** Runs the steps as a runner does: each in a shell, with the outputs of those before it. */
async function runSteps(
  differs: Partial<typeof run> = {},
  inputs: Readonly<Record<string, string>> = {},
) {
  const files = { GITHUB_OUTPUT: join(workspace, "output"), GITHUB_ENV: join(workspace, "env") };
  for (const file of Object.values(files)) writeFileSync(file, "");
  const written = (file: string): Record<string, string> =>
    Object.fromEntries(
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  const outcomes: Record<string, string> = {};
  let failed: string | undefined;
  const value = (expression: string): string => {
    const [kind, name = "", part, output = ""] = expression.split(".");
    if (kind === "env") return written(files.GITHUB_ENV)[name] ?? "";
    if (kind === "steps" && part === "outcome") return outcomes[name] ?? "";
    // This test's bucket in place of the cluster's.
    if (kind === "steps" && output === "bucket") return on.bucket;
    if (expression === "secrets.slack-token") return slack.token;
    if (expression === "secrets.trace-headers") return `x-team=${traceKey}`;
    const found =
      kind === "steps"
        ? written(files.GITHUB_OUTPUT)[output]
        : { ...expressions, ...inputs }[expression];
    if (found === undefined) throw new Error(`the test does not know ${expression}`);
    return found;
  };
  const evaluated = (text: string) => text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, it) => value(it));
  /** Evaluates a condition as JavaScript, with GitHub's names. */
  const isDue = (condition = "success()") => {
    const whole = /\b(always|failure)\(\)/.test(condition)
      ? condition
      : `success() && ${condition}`;
    const named = whole
      .replaceAll(/\b(env|steps)\.[\w.-]+/g, (it) => JSON.stringify(value(it)))
      .replaceAll("success()", String(failed === undefined))
      .replaceAll("failure()", String(failed !== undefined))
      .replaceAll("always()", "true");
    return new Function(`return ${named}`)() as boolean;
  };
  const { CONSUL_URL: _, CONSUL_TOKEN: __, ...aws } = on.environment;
  let log = "";
  for (const step of steps) {
    const { id = step.name, run: command = "", env = {} } = step;
    outcomes[id] = "skipped";
    if (!isDue(step.if)) continue;
    try {
      const { stdout, stderr } = await promisify(execFile)("bash", ["-e", "-c", command], {
        cwd: join(workspace, step["working-directory"] ?? "."),
        env: {
          PATH: path,
          ...aws,
          ...run,
          ...differs,
          ...files,
          ...written(files.GITHUB_ENV),
          ...Object.fromEntries(
            Object.entries(env).map(([name, it]) => [name, evaluated(String(it))]),
          ),
        },
      });
      log += stdout + stderr;
      outcomes[id] = "success";
    } catch (error) {
      outcomes[id] = "failure";
      if (step["continue-on-error"]) continue;
      failed ??= `${step.name}: ${(error as { stderr: string }).stderr.trim()}`;
    }
  }
  return {
    log,
    failed,
    outputs: written(files.GITHUB_OUTPUT),
    environment: written(files.GITHUB_ENV),
  };
}

/** Copies only the packages that `npm install --omit=dev` installs, by the lock file. */
function installProductionPackages(to: string): void {
  cpSync(join(checkout, "package.json"), join(to, "package.json"));
  const { packages } = JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [name, { dev }] of Object.entries(packages)) {
    if (dev || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(name)) continue;
    mkdirSync(dirname(join(to, name)), { recursive: true });
    symlinkSync(join(checkout, name), join(to, name));
  }
}
