import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureCheckov } from "../../tools/python.ts";
import { type Finding, findings, outdated, unknown } from "./checkov.ts";
import { ourClusters, synthesiseClusters } from "./synthesise-clusters.ts";

const folder = mkdtempSync(join(tmpdir(), "shoestring-checkov-"));
let found: Finding[] = [];
/** Why the tests are skipped: Checkov is a large package that not every machine can install. */
let missing: string | undefined;
beforeAll(async () => {
  const checkov = await ensureCheckov(console.log).catch((error: unknown) => {
    missing = `SKIPPED: Checkov cannot be installed here: ${error}`;
  });
  if (!checkov) return console.warn(missing);
  for (const [stack, json] of synthesiseClusters(await ourClusters())) write(stack, json);
  // A mistake that is not accepted shows that Checkov reads these files.
  const bucket = { aws_s3_bucket_public_access_block: { open: { block_public_acls: false } } };
  write("mistaken", JSON.stringify({ resource: bucket }));
  found = await findings(checkov, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(stack: string, json: string) {
  mkdirSync(join(folder, stack));
  // Checkov skips a file with moved blocks as one that it cannot parse.
  const { moved, ...read } = JSON.parse(json) as Record<string, unknown>;
  writeFileSync(join(folder, stack, "cdk.tf.json"), JSON.stringify(read));
}

const ours = () => found.filter(({ stack }) => stack !== "mistaken");

test("every finding of Checkov is accepted for a reason", ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(unknown(ours())).toEqual([]);
});

test("every accepted finding is still found", ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(outdated(ours())).toEqual([]);
});

test("a planted mistake is found", ({ skip }) => {
  skip(missing !== undefined, missing);
  const planted = found.filter(({ stack }) => stack === "mistaken");
  expect(unknown(planted).join("\n")).toContain("CKV_AWS_53");
});
