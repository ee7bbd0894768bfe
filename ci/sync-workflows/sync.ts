import { happening } from "../../lib/problem.ts";
import type { PullRequests } from "./pull-requests.ts";
import { cloned, type GitAccess, type Repository } from "./repository.ts";
import type { ServiceRepository } from "./services.ts";
import { render, workflowPath } from "./template.ts";

/** The branch of the pull request in every repository. */
export const branch = "shoestring/deploy-workflow";

export interface SyncContext {
  readonly git: GitAccess;
  readonly pullRequests: PullRequests;
  /** The repository with deploy-service.yml, `owner/name`. */
  readonly infrastructure: string;
  /** Whether changes are only reported. */
  readonly isDryRun: boolean;
}

/** The outcome for one repository. */
export type Outcome = { readonly repository: string } & (
  | { readonly kind: "same" }
  | { readonly kind: "would change"; readonly diff: string }
  | { readonly kind: "opened" | "updated" | "waits"; readonly pullRequest: string }
  | { readonly kind: "failed"; readonly why: string }
);

/**
 * Brings the deploy workflow of every repository to the template, with one pull request for each.
 * A repository that fails does not stop the others.
 */
export async function syncAll(
  deps: SyncContext,
  services: readonly ServiceRepository[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const repository of new Set(services.map((it) => it.repository))) {
    const ours = services.filter((it) => it.repository === repository);
    try {
      outcomes.push(await syncOne(deps, repository, ours));
    } catch (error) {
      outcomes.push({ repository, kind: "failed", why: happening(error) });
    }
  }
  return outcomes;
}

async function syncOne(
  deps: SyncContext,
  repository: string,
  services: readonly ServiceRepository[],
): Promise<Outcome> {
  const clone = await cloned(repository, deps.git);
  try {
    write(deps, clone, services);
    const diff = await clone.diff();
    if (diff === "") return { repository, kind: "same" };
    if (deps.isDryRun) return { repository, kind: "would change", diff };
    const pullRequest = await deps.pullRequests.openFrom(repository, branch);
    return pullRequest === undefined
      ? await openOne(deps, clone, repository)
      : await updateOne(deps, clone, { repository, pullRequest, services });
  } finally {
    clone.remove();
  }
}

/** Opens a pull request; throws away a former one's branch of the same name. */
async function openOne(deps: SyncContext, clone: Repository, repository: string): Promise<Outcome> {
  await clone.push(branch, title, { over: true });
  const pullRequest = await deps.pullRequests.open(repository, {
    title,
    body: bodyOf(deps),
    branch,
    base: clone.defaultBranch,
  });
  return { repository, kind: "opened", pullRequest };
}

/** Adds to the branch, because people may have changed their part and wait for a review. */
async function updateOne(
  deps: SyncContext,
  clone: Repository,
  is: {
    readonly repository: string;
    readonly pullRequest: string;
    readonly services: readonly ServiceRepository[];
  },
): Promise<Outcome> {
  const { repository, pullRequest, services } = is;
  await clone.goTo(branch);
  write(deps, clone, services);
  if ((await clone.diff()) === "") return { repository, kind: "waits", pullRequest };
  await clone.push(branch, title, { over: false });
  return { repository, kind: "updated", pullRequest };
}

function write(deps: SyncContext, clone: Repository, services: readonly ServiceRepository[]): void {
  for (const it of services) {
    const path = workflowPath(it.service);
    clone.write(path, render(it, deps.infrastructure, clone.read(path)));
  }
}

const title = "The deploy workflow, as infrastructure has it now";

const bodyOf = ({ infrastructure }: SyncContext) =>
  `${infrastructure} writes this workflow from one template for all services. What stands between its two marks is yours and was kept; change it here or later.`;
