import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Terraform } from "../../../terraform/terraform.ts";
import { type AppliedStack, appliedStack } from "../referee.ts";

/** Applies a stack in a folder of its own with simulated providers, and gives what that made. */
export async function applied(
  terraform: Terraform,
  folder: string,
  name: string,
  json: string,
): Promise<AppliedStack> {
  // As deep as in a synth: a stack names the function's archive relative to itself.
  const at = join(folder, "stacks", name);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "cdk.tf.json"), json.replaceAll('"/state/', `"${folder}/`));
  await terraform.init(at);
  await terraform.plan(at);
  await terraform.apply(at);
  return appliedStack(name, json, await terraform.showState(at));
}
