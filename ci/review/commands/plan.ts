import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeStickyComment } from "../../github/sticky-comment.ts";
import { planArtifact } from "../apply/find-plans.ts";
import { reviewComment, wholeReview } from "../comment/comment.ts";
import { comparison, comparisonPage } from "../comment/comparison.ts";
import { planStack } from "../plan/plan-stack.ts";
import type { Comparison, StackReport } from "../plan/report.ts";
import { readStacks } from "../plan/stack-contents.ts";
import {
  type Command,
  out,
  read,
  readIfThere,
  runners,
  stackFolder,
  synthesised,
  write,
} from "./command.ts";
import { gitHubOf, needed, neededNumber, output, page, runUrl, wordsIn } from "./job.ts";

/** Compares this checkout's stacks with those of `BASE`, another synthesised checkout. */
export const compare: Command = async (job) => {
  const compared = comparison(
    readStacks(join(job.folder, needed(job, "BASE"), synthesised)),
    readStacks(join(job.folder, synthesised)),
    runners(job, "plan"),
    wordsIn(job, "STACKS"),
  );
  write(job, "comparison.json", compared);
  output(job, "stacks", compared.plan);
  page(job, comparisonPage(compared));
  return true;
};

/** Plans a stack, and leaves the plan and its report for the artifact. */
export const plan: Command = async (job, stack) => {
  const folder = stackFolder(job, stack);
  const report = await planStack(await job.terraform(), stack, folder);
  write(job, "report.json", report);
  if (report.outcome === "planned")
    copyFileSync(join(folder, "plan"), join(job.folder, out, "plan"));
  if (report.outcome === "failed") job.print(report.words);
  return report.outcome !== "failed";
};

/** Writes the pull request's comment about all plans; fails if a plan is missing. */
export const comment: Command = async (job) => {
  const compared = read<Comparison>(job, "comparison", "comparison.json");
  const review = {
    comparison: compared,
    reports: compared.plan.flatMap(({ stack }) => {
      const report = readIfThere<StackReport>(job, planArtifact + stack, "report.json");
      return report ? [report] : [];
    }),
    commit: needed(job, "GITHUB_SHA"),
    runUrl: runUrl(job),
  };
  const pull = neededNumber(job, "PULL_REQUEST");
  const run = needed(job, "GITHUB_RUN_ID");
  const isAgain = needed(job, "GITHUB_EVENT_NAME") === "workflow_dispatch";
  const how = `To apply this: gh workflow run apply.yml --ref main -f pull_request=${pull} -f plan_run=${run}`;
  mkdirSync(join(job.folder, out), { recursive: true });
  writeFileSync(join(job.folder, out, "review.md"), wholeReview(review));
  page(job, wholeReview(review));
  await writeStickyComment(gitHubOf(job), pull, {
    purpose: "plan",
    order: Number(run),
    body: reviewComment({ ...review, ...(isAgain ? { how } : {}) }),
    isSilent: compared.changed.length === 0 && compared.plan.length === 0,
  });
  // A failure makes the check red, so that a branch rule can require it.
  const planned = review.reports.filter(({ outcome }) => outcome !== "failed");
  return planned.length === compared.plan.length;
};
