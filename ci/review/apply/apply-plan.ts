import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { happening, Problem } from "../../../lib/problem.ts";
import { lockedIn } from "../../../synth/provider-locks.ts";
import type { Terraform } from "../../../terraform/terraform.ts";
import { lockFileName } from "../../../terraform/terraform.ts";
import { type Change, changesOf } from "../plan/changes.ts";
import { destroyLabel, whyLabel } from "../plan/destroy-threshold.ts";
import { parsePlan } from "../plan/plan-json.ts";
import { readSavedPlan, stateVersion } from "../plan/saved-plan.ts";
import { isSame, readStack } from "../plan/stack-contents.ts";
import { summary } from "../plan/summary.ts";
import { type Outcome, outcomeOf, planAgain } from "./outcome.ts";

/** A stack of the merged code, with its saved plan as `plan` in its folder. */
export interface Saved {
  readonly stack: string;
  readonly folder: string;
  /** The pull request that was merged. */
  readonly pull: number;
}

/**
 * Makes sure that a saved plan is of the merged code and of the current state.
 *
 * @returns its changes, read from the plan itself and not from a job's report.
 * @throws Problem that says how to plan again.
 */
async function checkSavedPlan(terraform: Terraform, saved: Saved): Promise<Change[]> {
  const { stack, folder, pull } = saved;
  const refused = (happened: string, cause?: unknown) =>
    new Problem({
      happened: `the plan of ${stack} was not applied: ${happened}`,
      unchanged: "nothing of this stack was changed",
      next: planAgain([stack], pull),
      cause,
    });
  if (!existsSync(join(folder, "plan"))) throw refused("there is no saved plan of it");
  const plan = readSavedPlan(join(folder, "plan"));
  if (!isSame(plan.config, readStack(folder).config)) {
    throw refused("it is of other code than what was merged; main had moved on");
  }
  // The providers that planned must be those that apply, and those that are committed.
  const lock = join(folder, lockFileName);
  if (existsSync(lock) && !isSame(lockedIn(readFileSync(lock, "utf8")), lockedIn(plan.lock))) {
    throw refused(`it was made with other providers than those of ${lockFileName}`);
  }
  writeFileSync(lock, plan.lock);
  await terraform.init(folder);
  if (!isSame(plan.state, stateVersion(await terraform.pullState(folder)))) {
    throw refused("it is stale: the state was changed after it was made");
  }
  return changesOf(parsePlan(await terraform.showPlan(folder)));
}

/**
 * Checks the plans of a merge together, before any is applied.
 *
 * @param isReviewed whether the pull request has the label that destroying much needs.
 * @returns the reasons for a refusal, one for each stack; empty if all may be applied.
 */
export async function refusals(
  terraform: Terraform,
  all: readonly Saved[],
  isReviewed: boolean,
): Promise<Outcome[]> {
  const changes: Change[] = [];
  const refused: Outcome[] = [];
  for (const saved of all) {
    try {
      changes.push(...(await checkSavedPlan(terraform, saved)));
    } catch (error) {
      refused.push(outcomeOf(saved.stack, "refused", error));
    }
  }
  const why = isReviewed ? undefined : whyLabel(changes);
  if (why === undefined || refused.length > 0) return refused;
  const problem = new Problem({
    happened: `the label ${destroyLabel} is missing: ${why}`,
    unchanged: "no stack of this merge was changed",
    next: `read what goes; then add the label to the pull request and run this job again: gh pr edit ${all[0]?.pull} --add-label ${destroyLabel}`,
  });
  return all.map(({ stack }) => outcomeOf(stack, "refused", problem));
}

/** Applies a saved plan, exactly as it was saved. */
export async function applySavedPlan(terraform: Terraform, saved: Saved): Promise<Outcome> {
  const { stack, folder, pull } = saved;
  let changes: Change[];
  try {
    changes = await checkSavedPlan(terraform, saved);
  } catch (error) {
    return outcomeOf(stack, "refused", error);
  }
  try {
    await terraform.apply(folder);
    return { stack, outcome: "applied", summary: summary(changes) };
  } catch (error) {
    const isStale = /saved plan is stale/i.test(happening(error));
    const problem = new Problem({
      happened: isStale
        ? `the plan of ${stack} is stale: another apply was faster`
        : happening(error),
      unchanged: isStale
        ? "nothing of this stack was changed"
        : "other stacks; what this one had applied before it failed stays, and its state has it",
      next: planAgain([stack], pull),
      cause: error,
    });
    return outcomeOf(stack, isStale ? "refused" : "failed", problem);
  }
}
