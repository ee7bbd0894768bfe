import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withoutMetadata } from "../stacks/without-metadata.ts";
import { bundleMain, checkout } from "./bundle.ts";
import { cdktn, ensureCdktn } from "./cdktn.ts";

type Stacks = Readonly<Record<string, Record<string, unknown>>>;

let folder: string;
let ours: Stacks;
let theirs: Stacks;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shoestring-exit-"));
  const fork = await ensureCdktn((line) => console.log(line));
  [ours, theirs] = await Promise.all([synthesised("cdktf"), synthesised("cdktn", fork)]);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `synth/main.ts` by itself, with this package in place of cdktf, and returns the stacks. */
async function synthesised(name: string, cdktf?: string): Promise<Stacks> {
  const file = join(folder, `${name}.mjs`);
  const outdir = join(folder, name);
  await bundleMain(file, cdktf);
  const { SHOESTRING_SIMULATED: _, ...env } = process.env;
  const options = { cwd: checkout, env: { ...env, CDKTF_OUTDIR: outdir } };
  await promisify(execFile)(process.execPath, ["--import", "tsx", file], options);
  const stacks = join(outdir, "stacks");
  return Object.fromEntries(
    readdirSync(stacks).map((stack) => [
      stack,
      JSON.parse(readFileSync(join(stacks, stack, "cdk.tf.json"), "utf8")),
    ]),
  );
}

const versions = (stacks: Stacks) =>
  new Set(Object.values(stacks).map((it) => (it["//"] as { metadata: Stacks }).metadata.version));

test("each side is synthesised by its own package", () => {
  expect(versions(ours)).toEqual(new Set(["0.21.0"]));
  expect(versions(theirs)).toEqual(new Set([cdktn.version]));
});

test("both have the same stacks", () => {
  expect(Object.keys(theirs)).toEqual(Object.keys(ours));
  expect(Object.keys(ours)).toContain("production-config");
});

test("the fork synthesises every stack of every cluster as cdktf does, except for the metadata", () => {
  for (const [stack, json] of Object.entries(ours)) {
    expect(withoutMetadata(theirs[stack]), stack).toEqual(withoutMetadata(json));
  }
});
