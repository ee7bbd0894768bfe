import { Problem } from "../../../lib/problem.ts";
import type { GitHub, PullRequest, Run } from "../../github/github.ts";
import { planAgain } from "./outcome.ts";

/** The run whose plans a merge applies. */
export interface FoundPlans {
  readonly run: Run;
  /** Stacks that it saved a plan of. */
  readonly stacks: readonly string[];
}

type Asked = Pick<GitHub, "runsOf" | "artifactsOf" | "run">;

/** Names of the artifacts that hold a plan: `plan-<stack>`. */
export const planArtifact = "plan-";

const file = "plan.yml";

/**
 * The plans of a merged pull request: of its last commit, and of this repository. GitHub knows only
 * the commit of a merged one's runs, so `checkSavedPlan` reads from the plan itself what it is of.
 *
 * @param changed stacks that the merge changes, each of which needs a plan.
 * @throws Problem if there is no plan, or if one is missing.
 */
export async function plansOfMerge(
  gitHub: Asked,
  { repository, pull, changed }: { repository: string; pull: PullRequest; changed: string[] },
): Promise<FoundPlans> {
  const { number, head } = pull;
  const runs = await gitHub.runsOf(file, { commit: head, event: "pull_request" });
  // A fork's owner can write a workflow there, and upload anything.
  const run = runs.find(({ from }) => from === repository);
  const refused = (happened: string) => noPlans(happened, changed, number);
  if (!run) {
    throw refused(`#${number} was merged at ${head.slice(0, 7)}, and no plan was made of that`);
  }
  if (!run.isDone) throw refused(`#${number} was merged while its plan was still being made`);
  if (!run.isGood) throw refused(`#${number} was merged although its plan had failed`);
  const stacks = await plannedIn(gitHub, run);
  const missing = changed.filter((stack) => !stacks.includes(stack));
  if (missing.length > 0) {
    const why =
      "it was not needed when the pull request was planned, or it is older than GitHub keeps them";
    throw noPlans(`#${number} has no plan of ${missing.join(", ")}: ${why}`, missing, number);
  }
  return { run, stacks };
}

/**
 * The plans of a run that a person started by hand after the merge.
 *
 * @throws Problem for a run of anything but the newest commit of the main branch.
 */
export async function plansOfRun(
  gitHub: Asked,
  { commit, run: id, pull }: { commit: string; run: number; pull: number },
): Promise<FoundPlans> {
  const run = await gitHub.run(id);
  const faults = [
    ...(run.path === `.github/workflows/${file}` ? [] : [`it is of ${run.path}`]),
    ...(run.event === "workflow_dispatch" ? [] : [`it was started by ${run.event}`]),
    ...(run.branch === "main" ? [] : [`it is of the branch ${run.branch}`]),
    ...(run.commit === commit ? [] : [`it is of ${run.commit.slice(0, 7)}, and main has moved on`]),
    ...(run.isDone && run.isGood ? [] : ["it has not succeeded"]),
  ];
  if (faults.length > 0) {
    throw noPlans(`run ${id} cannot be applied: ${faults.join(", ")}`, ["STACK"], pull);
  }
  return { run, stacks: await plannedIn(gitHub, run) };
}

const plannedIn = async (gitHub: Asked, run: Run): Promise<string[]> =>
  (await gitHub.artifactsOf(run.id))
    .filter((name) => name.startsWith(planArtifact))
    .map((name) => name.slice(planArtifact.length));

const noPlans = (happened: string, stacks: readonly string[], pull: number) =>
  new Problem({
    happened,
    unchanged: "nothing was applied",
    next: planAgain(stacks, pull),
  });
