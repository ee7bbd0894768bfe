import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { simulatedTerraform } from "../../local/terraform/simulated.ts";
import { type PlannedChange, plannedChanges } from "../../terraform/terraform.ts";
import { checkout } from "./bundle.ts";

/** The stacks of all clusters, in both languages; a stack's state is the same for both. */
export interface BothLanguages {
  readonly json: string;
  readonly hcl: string;
}

/** Runs `cdktf synth` as a person does, twice: as it is, and with `--hcl`. */
export async function synthesiseBoth(folder: string): Promise<BothLanguages> {
  const { env } = await simulatedTerraform();
  const both = { json: join(folder, "json"), hcl: join(folder, "hcl") };
  const options = {
    cwd: checkout,
    env: { ...process.env, ...env, SHOESTRING_STATE: join(folder, "state") },
  };
  const synth = (...args: string[]) =>
    promisify(execFile)("npx", ["cdktf", "synth", ...args], options);
  await synth("-o", both.json);
  await synth("--hcl", "-o", both.hcl);
  return both;
}

export const stacksIn = (output: string): string[] => readdirSync(join(output, "stacks")).sort();

/** A change that Terraform would make if a stack's HCL replaced its JSON. */
export interface Obstacle {
  readonly stack: string;
  readonly address: string;
  readonly why: string;
}

/** Applies a stack as it is, then plans its HCL, which should find nothing to do. */
export async function obstacles({ json, hcl }: BothLanguages, stack: string): Promise<Obstacle[]> {
  const terraform = await simulatedTerraform();
  const applied = join(json, "stacks", stack);
  if (!existsSync(join(applied, "plan"))) {
    await terraform.init(applied);
    await terraform.plan(applied);
    await terraform.apply(applied);
  }

  const instead = join(hcl, "stacks", stack);
  await terraform.init(instead);
  const faults = await terraform.validate(instead);
  if (faults.length > 0) {
    return faults.map(({ block, summary }) => ({ stack, address: addressOf(block), why: summary }));
  }
  if ((await terraform.plan(instead)) === "empty") return [];
  return plannedChanges(await terraform.showPlan(instead))
    .filter(({ change }) => change.actions.join() !== "no-op")
    .map((it) => ({ stack, address: it.address, why: whyOf(it) }));
}

/** `resource "aws_vpc" "network"` is `aws_vpc.network`; other blocks stay as they are. */
const addressOf = (block: string): string =>
  block.replace(/^(?:resource|(data)) "(\S+)" "(\S+)"$/, (_, data, type, name) =>
    [data, type, name].filter(Boolean).join("."),
  );

function whyOf({ change: { actions, before, after } }: PlannedChange): string {
  const text = (value: unknown) => JSON.stringify(value) ?? "";
  const changed = Object.keys(after ?? {}).filter(
    (field) => text(before?.[field]) !== text(after?.[field]),
  );
  const longer = changed.every((field) => `${before?.[field]}\n` === after?.[field]);
  const what = actions.join() === "update" && longer ? "one line break more" : actions.join(", ");
  return `${what}: ${changed.join(", ")}`;
}
