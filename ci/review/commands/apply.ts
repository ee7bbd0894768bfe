import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../../lib/problem.ts";
import { writeStickyComment } from "../../github/sticky-comment.ts";
import { applyComment, refusedComment } from "../apply/apply-comment.ts";
import { applySavedPlan, refusals, type Saved } from "../apply/apply-plan.ts";
import { planArtifact, plansOfMerge, plansOfRun } from "../apply/find-plans.ts";
import type { Outcome } from "../apply/outcome.ts";
import { comparison, placed } from "../comment/comparison.ts";
import { destroyLabel } from "../plan/destroy-threshold.ts";
import { readStacks } from "../plan/stack-contents.ts";
import {
  artifacts,
  type Command,
  type Commanded,
  readIfThere,
  runners,
  stackFolder,
  stacksIn,
  synthesised,
  write,
} from "./command.ts";
import { gitHubOf, type Job, needed, neededNumber, output, page, runUrl } from "./job.ts";

/** Finds the plans that a merge applies, and the runner for each. */
export const find: Command = async (job) => {
  const head = readStacks(join(job.folder, synthesised));
  const found = await (needed(job, "GITHUB_EVENT_NAME") === "workflow_dispatch"
    ? plannedAgain(job)
    : merged(job, head));
  const { plan: stacks, left } = placed(found.stacks, head, runners(job, "apply"));
  output(job, "stacks", stacks);
  output(job, "left", left);
  output(job, "run", String(found.run ?? ""));
  output(job, "pull", String(found.pull ?? ""));
  return true;
};

/** The stacks to apply; without a pull request there are none. */
interface Found {
  readonly stacks: readonly string[];
  readonly run?: number;
  readonly pull?: number;
}

async function plannedAgain(job: Commanded): Promise<Found> {
  const pull = neededNumber(job, "PULL_REQUEST");
  const asked = { commit: needed(job, "GITHUB_SHA"), run: neededNumber(job, "PLAN_RUN"), pull };
  const { run, stacks } = await withRefusalComment(job, pull, () =>
    plansOfRun(gitHubOf(job), asked),
  );
  return { stacks, run: run.id, pull };
}

async function merged(job: Commanded, head: ReturnType<typeof readStacks>): Promise<Found> {
  const base = readStacks(join(job.folder, needed(job, "BASE"), synthesised));
  const { plan, left } = comparison(base, head, runners(job, "apply"));
  const all = [...plan, ...left].map(({ stack }) => stack);
  if (all.length === 0) return { stacks: [] };
  const pull = await gitHubOf(job).mergedAs(needed(job, "GITHUB_SHA"));
  if (pull === undefined) {
    job.print("no pull request made this commit, so there is no plan of it to apply");
    return { stacks: [] };
  }
  if (plan.length === 0) return { stacks: all, pull: pull.number };
  const changed = plan.map(({ stack }) => stack);
  const repository = needed(job, "GITHUB_REPOSITORY");
  const { run } = await withRefusalComment(job, pull.number, () =>
    plansOfMerge(gitHubOf(job), { repository, pull, changed }),
  );
  return { stacks: all, run: run.id, pull: pull.number };
}

/** Comments a refusal on the pull request, too. */
async function withRefusalComment<T>(
  job: Commanded,
  pull: number,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Problem) {
      await gitHubOf(job).addComment(pull, refusedComment(error, runUrl(job)));
    }
    throw error;
  }
}

/** Checks all plans of a merge before any is applied. */
export const check: Command = async (job) => {
  const pull = neededNumber(job, "PULL_REQUEST");
  // Read now, because the label may have come after this run began.
  const { labels } = await gitHubOf(job).pullRequest(pull);
  const saved = stacksIn(job).map((stack) => savedPlan(job, stack, pull));
  const refused = await refusals(await job.terraform(), saved, labels.includes(destroyLabel));
  for (const it of refused) sayOutcome(job, it);
  write(job, "outcomes.json", refused);
  return refused.length === 0;
};

/** Applies the saved plan of a stack. */
export const apply: Command = async (job, stack) => {
  const saved = savedPlan(job, stack, neededNumber(job, "PULL_REQUEST"));
  const outcome = await applySavedPlan(await job.terraform(), saved);
  sayOutcome(job, outcome);
  write(job, "outcomes.json", [outcome]);
  return outcome.outcome === "applied";
};

/** Comments the outcomes of its plans on the pull request. */
export const applied: Command = async (job) => {
  const stacks = stacksIn(job);
  const pull = neededNumber(job, "PULL_REQUEST");
  const from = ["outcome-check", ...stacks.map((stack) => `outcome-${stack}`)];
  const body = applyComment({
    stacks,
    outcomes: from.flatMap((name) => readIfThere<Outcome[]>(job, name, "outcomes.json") ?? []),
    left: JSON.parse(needed(job, "LEFT")),
    pull,
    runUrl: runUrl(job),
  });
  page(job, body);
  // Each run has a comment of its own, so that GitHub notifies people.
  await writeStickyComment(gitHubOf(job), pull, {
    purpose: `apply-${needed(job, "GITHUB_RUN_ID")}`,
    order: neededNumber(job, "GITHUB_RUN_ATTEMPT"),
    body,
  });
  return true;
};

/** Puts the saved plan of a stack where Terraform looks for it. */
function savedPlan(job: Commanded, stack: string, pull: number): Saved {
  const folder = stackFolder(job, stack);
  const file = join(job.folder, artifacts, planArtifact + stack, "plan");
  if (existsSync(file)) copyFileSync(file, join(folder, "plan"));
  return { stack, folder, pull };
}

function sayOutcome(job: Job, it: Outcome): void {
  if (it.outcome === "applied") job.print(`${it.stack}: applied, ${it.summary}`);
  else job.print(`${it.outcome}: ${it.happened}\nunchanged: ${it.unchanged}\nnext: ${it.next}`);
}
