import { execFileSync } from "node:child_process";
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
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { handler } from "../../functions/announce/handler.ts";
import { runQueue } from "../../local/queue/runner.ts";
import { down } from "../../local/region/index.ts";
import { checkout } from "../../local/region/region.ts";
import {
  type PipelineUnderTest,
  pipelineRegion,
  pipelineUnderTest,
} from "../../local/testing/pipeline-under-test.ts";
import { until } from "../../local/testing/until.ts";
import { ensureNode } from "../../local/tools/node.ts";
import { readDeploy } from "../../protocol/deploys.ts";

const commit = "c0ffee".padEnd(40, "0");
/** What a step knows of its run, besides what steps before it wrote. */
const run = {
  GITHUB_REF: "refs/heads/deploy/staging",
  GITHUB_REPOSITORY: "example/web",
  GITHUB_RUN_NUMBER: "8",
  GITHUB_SHA: commit,
};
const expressions: Readonly<Record<string, string>> = {
  "inputs.service": "web",
  "inputs.build": "mkdir -p dist; cp server.js dist/; echo built for $GITHUB_SHA",
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
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "working-directory"?: string;
}
const { jobs } = parse(
  readFileSync(join(checkout, ".github/workflows/deploy-service.yml"), "utf8"),
) as { jobs: { deploy: { steps: readonly Step[] } } };
/** Packages come from the registry; here those of this checkout that the step would install. */
const steps = jobs.deploy.steps.filter((it) => it.run && it.name !== "Install the command line");

let on: PipelineUnderTest;
let workspace: string;
let path: string;
beforeAll(async () => {
  on = await pipelineUnderTest();
  for (const [name, value] of Object.entries(on.environment)) vi.stubEnv(name, value);
  vi.spyOn(console, "log").mockImplementation(() => {});
  path = `${dirname(await ensureNode(() => {}))}:${process.env.PATH}`;
  workspace = mkdtempSync(join(tmpdir(), "shoestring-steps-"));
  for (const folder of ["cli", "protocol", "ci", "clusters", "modules"]) {
    cpSync(join(checkout, folder), join(workspace, "infrastructure", folder), { recursive: true });
  }
  installProductionPackages(join(workspace, "infrastructure"));
  mkdirSync(join(workspace, "service"));
  writeFileSync(join(workspace, "service", "server.js"), "serve");
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(workspace, { recursive: true });
  await down(pipelineRegion());
});

test("the steps of deploy-service.yml, one after the other, make a push a deploy; run again they change nothing", async () => {
  const stop = new AbortController();
  const sqs = new SQSClient({});
  const { queueUrl, consul } = on;
  const running = runQueue({ sqs, queueUrl, handler, log: () => {}, signal: stop.signal });
  try {
    const first = runSteps();
    const deploy = await until("deploy", async () => (await readDeploy(consul, "web")).deploy);
    expect(deploy).toMatchObject({
      revision: 1,
      newestSequence: 8,
      by: "octocat",
      reason: "https://github.com/example/web/actions/runs/4711",
      // But for its last field: no collector is told here.
      traceparent: first.environment.TRACEPARENT?.replace(/01$/, "00"),
      release: { id: "web-8-c0ffee0", commit },
    });
    expect(first.outputs).toMatchObject({
      bucket: "staging-artifacts-111111111111-eu-central-1",
      role: "arn:aws:iam::111111111111:role/shoestring-deploy-staging-web",
    });

    expect(runSteps().said).toContain("web-8-c0ffee0 was uploaded before, with the same content");
    expect((await readDeploy(consul, "web")).deploy).toEqual(deploy);
  } finally {
    stop.abort();
    await running;
  }
});

test("another branch is refused by a step before the build", () => {
  expect(() => runSteps({ GITHUB_REF: "refs/heads/main" })).toThrow("names no cluster");
});

/** Runs the steps as a runner does: each in a shell, with what those before it wrote. */
function runSteps(differs: Partial<typeof run> = {}) {
  const files = { GITHUB_OUTPUT: join(workspace, "output"), GITHUB_ENV: join(workspace, "env") };
  for (const file of Object.values(files)) writeFileSync(file, "");
  const written = (file: string): Record<string, string> =>
    Object.fromEntries(
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  const value = (expression: string): string => {
    const output = /^steps\.target\.outputs\.(\w+)$/.exec(expression)?.[1];
    // The bucket of the cluster, as this test has it.
    const found =
      output === "bucket"
        ? on.bucket
        : output
          ? written(files.GITHUB_OUTPUT)[output]
          : expressions[expression];
    if (found === undefined) throw new Error(`the test does not know ${expression}`);
    return found;
  };
  const evaluated = (text: string) => text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, it) => value(it));
  const { CONSUL_URL: _, CONSUL_TOKEN: __, ...aws } = on.environment;
  let said = "";
  for (const { run: command = "", env = {}, "working-directory": folder = "." } of steps) {
    said += execFileSync("bash", ["-e", "-c", command], {
      cwd: join(workspace, folder),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
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
  }
  return { said, outputs: written(files.GITHUB_OUTPUT), environment: written(files.GITHUB_ENV) };
}

/** Packages that `npm install --omit=dev` installs, by the lock file, and no others. */
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
