import { happening } from "../../../lib/problem.ts";
import type { Terraform } from "../../../terraform/terraform.ts";
import { changesOf } from "./changes.ts";
import { driftOf } from "./drift.ts";
import { parsePlan } from "./plan-json.ts";
import { withoutSecrets } from "./render-value.ts";
import type { StackReport } from "./report.ts";
import { readStack } from "./stack-contents.ts";

/**
 * Plans a stack into the file `plan` of its folder, and returns a report. A failed plan is a report
 * too: people read it in the pull request.
 */
export async function planStack(
  terraform: Terraform,
  stack: string,
  folder: string,
): Promise<StackReport> {
  try {
    await terraform.init(folder);
    // The role that plans may not write, and a lock is an object in the bucket.
    await terraform.plan(folder, "-lock=false");
    const plan = parsePlan(await terraform.showPlan(folder));
    if (plan.errored) return { stack, outcome: "failed", words: "Terraform gave up half-way" };
    return {
      stack,
      outcome: "planned",
      changes: changesOf(plan),
      drift: driftOf(plan, readStack(folder).config),
      deferred: (plan.deferred_changes ?? []).map(
        ({ reason, resource_change: it }) => `${it.address}: ${reason.replaceAll("_", " ")}`,
      ),
    };
  } catch (error) {
    return { stack, outcome: "failed", words: withoutSecrets(happening(error)) };
  }
}
