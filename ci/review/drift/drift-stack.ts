import { happening } from "../../../lib/problem.ts";
import type { Terraform } from "../../../terraform/terraform.ts";
import { type Drift, driftOf } from "../plan/drift.ts";
import { parsePlan } from "../plan/plan-json.ts";
import { withoutSecrets } from "../plan/render-value.ts";
import { readStack } from "../plan/stack-contents.ts";

/** The result of checking one stack. */
export type DriftReport =
  | { readonly stack: string; readonly outcome: "looked"; readonly drift: readonly Drift[] }
  | { readonly stack: string; readonly outcome: "failed"; readonly words: string };

/** Checks whether a stack is as Terraform left it; a failed check is a report too. */
export async function lookAt(
  terraform: Terraform,
  stack: string,
  folder: string,
): Promise<DriftReport> {
  try {
    await terraform.init(folder);
    // The role that plans may not write, and a lock is an object in the bucket.
    await terraform.plan(folder, "-refresh-only", "-lock=false");
    const found = parsePlan(await terraform.showPlan(folder));
    return { stack, outcome: "looked", drift: driftOf(found, readStack(folder).config) };
  } catch (error) {
    return { stack, outcome: "failed", words: withoutSecrets(happening(error)) };
  }
}
