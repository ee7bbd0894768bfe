import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageFunction } from "../../functions/package.ts";
import { validatingTerraform } from "../../local/terraform/simulated.ts";
import type { Terraform } from "../../terraform/terraform.ts";
import { ourClusters, synthesiseClusters } from "./synthesise-clusters.ts";

const folder = mkdtempSync(join(tmpdir(), "shoestring-valid-"));
// As deep as in a synth: a stack names the function's archive relative to itself.
const at = (stack: string) => join(folder, "stacks", stack);
let stacks: Map<string, string>;
let terraform: Terraform;
beforeAll(async () => {
  await packageFunction("announce"); // Terraform reads the archive's hash
  stacks = synthesiseClusters(await ourClusters());
  for (const [stack, json] of stacks) write(stack, json);
  const found = await validatingTerraform(at("account"));
  console.log(`providers: ${found.providers}`);
  terraform = found.terraform;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(stack: string, json: string) {
  mkdirSync(at(stack), { recursive: true });
  writeFileSync(join(at(stack), "cdk.tf.json"), json);
}

test("every stack is valid for the real providers, or for their schema where they cannot be installed", async () => {
  for (const stack of stacks.keys()) {
    await terraform.init(at(stack));
    expect(await terraform.validate(at(stack)), stack).toEqual([]);
  }
});

test("an unknown attribute is found", async () => {
  const json = JSON.parse(stacks.get("dev") ?? "");
  const [vpc] = Object.values<Record<string, unknown>>(json.resource.aws_vpc);
  (vpc as Record<string, unknown>).shape = "round";
  write("mistaken", JSON.stringify(json));
  await terraform.init(at("mistaken"));
  expect((await terraform.validate(at("mistaken"))).map(({ summary }) => summary)).toEqual([
    expect.stringContaining("Extraneous JSON object property"),
  ]);
});
