import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const checkout = dirname(import.meta.dirname);

/** The output of synthesising a folder with one cluster file. */
function synthesised(name: string, text: string, differs: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-main-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, `${name}.ts`), text);
  const outdir = join(folder, "out");
  const env = { ...process.env, SHOESTRING_CLUSTERS: folder, CDKTF_OUTDIR: outdir, ...differs };
  const { pid, status, stderr } = spawnSync("node", ["synth/main.mjs"], {
    cwd: checkout,
    env,
    encoding: "utf8",
  });
  const left = readdirSync(join(checkout, "dist")).filter((it) => it.startsWith(`synth-${pid}`));
  expect(left).toEqual([]);
  const stacks = existsSync(outdir) ? readdirSync(join(outdir, "stacks")) : [];
  return { status, stderr, stacks, backends: stacks.map((stack) => backendOf(outdir, stack)) };
}

/** The kind of a stack's backend. */
function backendOf(outdir: string, stack: string) {
  const json = JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"));
  return Object.keys(json.terraform.backend).join();
}

const beside = JSON.stringify(join(checkout, "clusters", "dev.ts"));
const qa = `
  import { dev } from ${beside};
  export const qa: typeof dev = { ...dev, name: "qa" as never };`;

test("a cluster's file is TypeScript, and may import files beside it", () => {
  const { stacks, stderr } = synthesised("qa", qa);
  expect(stacks, stderr).toEqual(["account", "qa", "qa-config"]);
});

test.each([
  ["simulated, in a folder", "1", "local"],
  ["real, in the account's bucket", "", "s3"],
])("the run decides the backend of every stack: %s", (_, SHOESTRING_SIMULATED, backend) => {
  const { backends, stderr } = synthesised("qa", qa, { SHOESTRING_SIMULATED });
  expect(backends, stderr).toEqual([backend, backend, backend]);
});

test("a mistake is reported in three parts, without a stack", () => {
  const { status, stderr } = synthesised("qa", "export const a = 1; export const b = 2;");
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^[\w-]+\/qa\.ts exports 2 values and not one cluster\n {2}unchanged: .+\n {2}next: .+\n$/,
  );
});

test.each([
  ["of which two services answer for one host", "web: service, api: service", "www.example.org"],
  ["with a service that is wrong", "web: { ...service, processes: 0 }", "processes is 0"],
  ["with a name at AWS that another has", "consul: service", "qa-consul"],
])("a cluster %s is reported in three parts, without a stack", (_, services, why) => {
  const { status, stderr } = synthesised(
    "qa",
    `import { dev } from ${beside};
     const service = { ...dev.services.web, hosts: ["www.example.org"] };
     export const qa = { ...dev, name: "qa", services: { ${services} } };`,
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/^.+\n {2}unchanged: .+\n {2}next: .+\n$/);
  expect(stderr).toContain(why);
});

test("the stack of an unexpected error names the place in the sources", () => {
  const { status, stderr } = synthesised(
    "qa",
    'export const qa = { name: "qa", get services() { throw new TypeError("a fault") } };',
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/TypeError/);
  expect(stderr).toMatch(/\/synth\/find-clusters\.ts:\d+:\d+/);
});
