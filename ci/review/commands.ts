import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { happening, Problem } from "../../protocol/problem.ts";
import { writeStickyComment } from "../github/sticky-comment.ts";
import { applyComment, refusedComment } from "./apply-comment.ts";
import { applySavedPlan, refusals, type Saved } from "./apply-plan.ts";
import { reviewComment, wholeReview } from "./comment.ts";
import { comparison, comparisonPage, placed } from "./comparison.ts";
import { destroyLabel } from "./destroy-threshold.ts";
import { driftOf } from "./drift.ts";
import { type DriftReport, writeDriftIssues } from "./drift-issues.ts";
import { type FoundPlans, planArtifact, plansOfMerge, plansOfRun } from "./find-plans.ts";
import { gitHubOf, type Job, needed, neededNumber, output, page, runUrl, wordsIn } from "./job.ts";
import type { Outcome } from "./outcome.ts";
import { parsePlan } from "./plan-json.ts";
import { planStack } from "./plan-stack.ts";
import type { Comparison, StackReport } from "./report.ts";
import { withoutSecrets } from "./shown.ts";
import { readStack, readStacks } from "./stack-contents.ts";
import type { Terraform } from "./terraform.ts";
import type { Runners } from "./who-plans.ts";

/** Where the commands read and write, below the folder they run in. */
const synthesised = "cdktf.out";
const out = "out/review";
/** Artifacts of other jobs, each in a folder of its name. */
const artifacts = "out/artifacts";

export interface Commanded extends Job {
  /** The checkout, in which the head of the change is synthesised. */
  readonly folder: string;
  readonly terraform: () => Promise<Terraform>;
}

/** A step of a workflow. @returns whether it went well. */
export type Command = (job: Commanded, stack: string) => Promise<boolean>;

/** Compares the stacks of `BASE`, a checkout that is synthesised too, with ours. */
const compare: Command = async (job) => {
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

/** Plans a stack; the plan and what it does are left for the artifact. */
const plan: Command = async (job, stack) => {
  const folder = stackFolder(job, stack);
  const report = await planStack(await job.terraform(), stack, folder);
  write(job, "report.json", report);
  if (report.outcome === "planned")
    copyFileSync(join(folder, "plan"), join(job.folder, out, "plan"));
  if (report.outcome === "failed") job.print(report.words);
  return report.outcome !== "failed";
};

/** Writes the pull request's comment of all that was planned. */
const comment: Command = async (job) => {
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
  return true;
};

/** Finds the plans that a merge applies, and says where each is applied. */
const find: Command = async (job) => {
  const gitHub = gitHubOf(job);
  const head = readStacks(join(job.folder, synthesised));
  const here = runners(job, "apply");
  const commit = needed(job, "GITHUB_SHA");
  const isAgain = needed(job, "GITHUB_EVENT_NAME") === "workflow_dispatch";
  let found: FoundPlans | undefined;
  let changed: string[] = [];
  try {
    if (isAgain) {
      const asked = { run: neededNumber(job, "PLAN_RUN"), pull: neededNumber(job, "PULL_REQUEST") };
      found = await plansOfRun(gitHub, { commit, ...asked });
      changed = [...found.stacks];
    } else {
      const base = readStacks(join(job.folder, needed(job, "BASE"), synthesised));
      const compared = comparison(base, head, here);
      changed = [...compared.plan, ...compared.left].map(({ stack }) => stack);
      const repository = needed(job, "GITHUB_REPOSITORY");
      const wanted = compared.plan.map(({ stack }) => stack);
      found = await plansOfMerge(gitHub, { repository, commit, changed: wanted });
    }
  } catch (error) {
    const pull = isAgain
      ? neededNumber(job, "PULL_REQUEST")
      : (await gitHub.mergedAs(commit))?.number;
    if (error instanceof Problem && pull !== undefined) {
      await gitHub.addComment(pull, refusedComment(error, runUrl(job)));
    }
    throw error;
  }
  const { plan: stacks, left } = placed(found ? changed : [], head, here);
  if (!found) job.print("no pull request made this commit, so there is no plan of it to apply");
  output(job, "stacks", stacks);
  output(job, "left", left);
  output(job, "run", String(found?.run.id ?? ""));
  output(job, "pull", String(found?.pull ?? ""));
  return true;
};

/** Looks at all plans of a merge before any is applied. */
const check: Command = async (job) => {
  const pull = neededNumber(job, "PULL_REQUEST");
  // Asked now: the label may have come after this run began.
  const { labels } = await gitHubOf(job).pullRequest(pull);
  const saved = stacksIn(job).map((stack) => savedPlan(job, stack, pull));
  const refused = await refusals(await job.terraform(), saved, labels.includes(destroyLabel));
  for (const it of refused) sayOutcome(job, it);
  write(job, "outcomes.json", refused);
  return refused.length === 0;
};

/** Applies the saved plan of a stack. */
const apply: Command = async (job, stack) => {
  const saved = savedPlan(job, stack, neededNumber(job, "PULL_REQUEST"));
  const outcome = await applySavedPlan(await job.terraform(), saved);
  sayOutcome(job, outcome);
  write(job, "outcomes.json", [outcome]);
  return outcome.outcome === "applied";
};

/** Tells the pull request what became of its plans. */
const applied: Command = async (job) => {
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
  // A run has a comment of its own, so that people hear of it.
  await writeStickyComment(gitHubOf(job), pull, {
    purpose: `apply-${needed(job, "GITHUB_RUN_ID")}`,
    order: neededNumber(job, "GITHUB_RUN_ATTEMPT"),
    body,
  });
  return true;
};

/** Lists every stack that can be looked at. */
const stacks: Command = async (job) => {
  const all = readStacks(join(job.folder, synthesised));
  output(job, "stacks", placed([...all.keys()], all, runners(job, "plan")).plan);
  return true;
};

/** Looks whether a stack is as Terraform left it. */
const drift: Command = async (job, stack) => {
  const report = await lookAt(await job.terraform(), stack, stackFolder(job, stack));
  write(job, "drift.json", report);
  if (report.outcome === "failed") job.print(report.words);
  return report.outcome !== "failed";
};

export async function lookAt(
  terraform: Terraform,
  stack: string,
  folder: string,
): Promise<DriftReport> {
  try {
    await terraform.init(folder);
    await terraform.plan(folder, "-refresh-only");
    const found = parsePlan(await terraform.show(folder));
    return { stack, outcome: "looked", drift: driftOf(found, readStack(folder).config) };
  } catch (error) {
    return { stack, outcome: "failed", words: withoutSecrets(happening(error)) };
  }
}

/** Opens, updates and closes the issues of drifted stacks. */
const driftIssues: Command = async (job) => {
  const reports = stacksIn(job).flatMap(
    (stack) => readIfThere<DriftReport>(job, `drift-${stack}`, "drift.json") ?? [],
  );
  const done = await writeDriftIssues(gitHubOf(job), reports, runUrl(job));
  page(job, done.map((line) => `- ${line}`).join("\n"));
  return true;
};

/** What `npx tsx ci/review/main.ts <command> [stack]` can do. */
export const commands: Readonly<Record<string, Command>> = {
  compare,
  plan,
  comment,
  find,
  check,
  apply,
  applied,
  stacks,
  drift,
  "drift-issues": driftIssues,
};

/** Commands that are of one stack. */
export const ofOneStack: ReadonlySet<string> = new Set(["plan", "apply", "drift"]);

const hosted = "ubuntu-24.04";

const runners = (job: Job, does: Runners["does"]): Runners => ({
  hosted,
  insideOf: wordsIn(job, "CONSUL_RUNNERS"),
  does,
});

/** A stack's folder. @throws Problem for a name that no stack has. */
function stackFolder({ folder }: Commanded, stack: string): string {
  const path = join(folder, synthesised, "stacks", stack);
  if (/^[a-z0-9-]+$/.test(stack) && existsSync(path)) return path;
  throw new Problem({
    happened: `there is no stack "${stack}" in ${synthesised}`,
    unchanged: "nothing was planned or applied",
    next: `npx cdktf synth; there are: ${readdirSync(join(folder, synthesised, "stacks")).join(", ")}`,
  });
}

/** Puts the saved plan of a stack where Terraform looks for it. */
function savedPlan(job: Commanded, stack: string, pull: number): Saved {
  const folder = stackFolder(job, stack);
  const file = join(job.folder, artifacts, planArtifact + stack, "plan");
  if (existsSync(file)) copyFileSync(file, join(folder, "plan"));
  return { stack, folder, pull };
}

/** The stacks that an earlier job gave, as it gave them. */
const stacksIn = (job: Job): string[] =>
  (JSON.parse(needed(job, "STACKS")) as Comparison["plan"]).map(({ stack }) => stack);

function sayOutcome(job: Job, it: Outcome): void {
  if (it.outcome === "applied") job.print(`${it.stack}: applied, ${it.summary}`);
  else job.print(`${it.outcome}: ${it.happened}\nunchanged: ${it.unchanged}\nnext: ${it.next}`);
}

function write({ folder }: Commanded, name: string, value: unknown): void {
  mkdirSync(join(folder, out), { recursive: true });
  writeFileSync(join(folder, out, name), JSON.stringify(value));
}

function readIfThere<T>({ folder }: Commanded, artifact: string, name: string): T | undefined {
  const file = join(folder, artifacts, artifact, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : undefined;
}

function read<T>(job: Commanded, artifact: string, name: string): T {
  const found = readIfThere<T>(job, artifact, name);
  if (found !== undefined) return found;
  throw new Problem({
    happened: `the artifact ${artifact} with ${name} is not there`,
    unchanged: "no comment was written",
    next: "see the job before this one",
  });
}
