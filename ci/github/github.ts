import { Octokit } from "@octokit/rest";
import { describe, Problem } from "../../lib/problem.ts";

/** The workflows' calls to GitHub for one repository. Lists are whole, not a first page. */
export interface GitHub {
  commentsOf(issue: number): Promise<Comment[]>;
  addComment(issue: number, body: string): Promise<void>;
  editComment(id: number, body: string): Promise<void>;
  /** Open issues with a label; pull requests are left out. */
  openIssues(label: string): Promise<Issue[]>;
  openIssue(issue: { title: string; body: string; labels: string[] }): Promise<void>;
  editIssue(number: number, body: string): Promise<void>;
  /** Closes it as done. */
  closeIssue(number: number): Promise<void>;
  pullRequest(number: number): Promise<PullRequest>;
  /** The pull request whose merge made this commit of the main branch. */
  mergedAs(commit: string): Promise<PullRequest | undefined>;
  /** Runs of a workflow's file for a commit, the newest first. */
  runsOf(file: string, of: { commit: string; event: string }): Promise<Run[]>;
  run(id: number): Promise<Run>;
  /** Names of a run's artifacts that can still be downloaded. */
  artifactsOf(run: number): Promise<string[]>;
}

export interface Comment {
  readonly id: number;
  readonly body: string;
  /** Whether a workflow or an app wrote it, not a person. */
  readonly byBot: boolean;
}

export interface Issue {
  readonly number: number;
  readonly body: string;
}

export interface PullRequest {
  readonly number: number;
  /** The newest commit of its branch. */
  readonly head: string;
  readonly labels: readonly string[];
}

export interface Run {
  readonly id: number;
  /** The workflow's file, like `.github/workflows/plan.yml`. */
  readonly path: string;
  readonly event: string;
  readonly branch: string;
  readonly commit: string;
  /** The repository of the commit, `owner/name`; a fork is another one. */
  readonly from: string;
  readonly isDone: boolean;
  readonly isGood: boolean;
  readonly url: string;
}

export interface GitHubOptions {
  /** `owner/name` */
  readonly repository: string;
  readonly token: string;
  /** @default "https://api.github.com" */
  readonly url?: string;
}

/** GitHub over its REST API. Every refusal is a Problem. */
export function gitHub({ repository, token, url }: GitHubOptions): GitHub {
  const [owner = "", repo = ""] = repository.split("/");
  const at = { owner, repo };
  const all = { ...at, per_page: 100 };
  const octokit = new Octokit({ auth: token, ...(url === undefined ? {} : { baseUrl: url }) });
  const { issues, pulls, repos, actions } = octokit.rest;
  octokit.hook.wrap("request", async (send, options) => {
    try {
      return await send(options);
    } catch (error) {
      // Reads may be repeated; a repeated write could happen twice.
      const { status = 500 } = error as { readonly status?: number };
      if (options.method === "GET" && status >= 500) return await send(options);
      throw error;
    }
  });
  octokit.hook.error("request", (error, { method, url: path }) => {
    throw refused(`${method} ${path}`, repository, error);
  });
  return {
    async commentsOf(issue_number) {
      const found = await octokit.paginate(issues.listComments, { ...all, issue_number });
      return found.map(({ id, body = "", user }) => ({ id, body, byBot: user?.type === "Bot" }));
    },
    async addComment(issue_number, body) {
      await issues.createComment({ ...at, issue_number, body });
    },
    async editComment(comment_id, body) {
      await issues.updateComment({ ...at, comment_id, body });
    },
    async openIssues(labels) {
      const found = await octokit.paginate(issues.listForRepo, { ...all, labels, state: "open" });
      return found
        .filter((it) => it.pull_request === undefined)
        .map(({ number, body }) => ({ number, body: body ?? "" }));
    },
    async openIssue(issue) {
      await issues.create({ ...at, ...issue });
    },
    async editIssue(issue_number, body) {
      await issues.update({ ...at, issue_number, body });
    },
    async closeIssue(issue_number) {
      await issues.update({ ...at, issue_number, state: "closed", state_reason: "completed" });
    },
    async pullRequest(pull_number) {
      return pullRequestOf((await pulls.get({ ...at, pull_number })).data);
    },
    async mergedAs(commit_sha) {
      const found = await octokit.paginate(repos.listPullRequestsAssociatedWithCommit, {
        ...all,
        commit_sha,
      });
      const merged = found.find((it) => it.merged_at && it.merge_commit_sha === commit_sha);
      return merged && pullRequestOf(merged);
    },
    async runsOf(workflow_id, { commit, event }) {
      const found = await octokit.paginate(actions.listWorkflowRuns, {
        ...all,
        workflow_id,
        head_sha: commit,
        event,
      });
      return found.map(runOf).sort((a, b) => b.id - a.id);
    },
    async run(run_id) {
      return runOf((await actions.getWorkflowRun({ ...at, run_id })).data);
    },
    async artifactsOf(run_id) {
      const found = await octokit.paginate(actions.listWorkflowRunArtifacts, { ...all, run_id });
      return found.filter((it) => !it.expired).map(({ name }) => name);
    },
  };
}

const pullRequestOf = (it: {
  readonly number: number;
  readonly head: { readonly sha: string };
  readonly labels: readonly { readonly name?: string }[];
}): PullRequest => ({
  number: it.number,
  head: it.head.sha,
  labels: it.labels.flatMap(({ name }) => name ?? []),
});

type AnsweredRun = Awaited<ReturnType<Octokit["rest"]["actions"]["getWorkflowRun"]>>["data"];

const runOf = (it: AnsweredRun): Run => ({
  id: it.id,
  path: it.path,
  event: it.event,
  branch: it.head_branch ?? "",
  commit: it.head_sha,
  from: it.head_repository?.full_name ?? "",
  isDone: it.status === "completed",
  isGood: it.conclusion === "success",
  url: it.html_url,
});

const refused = (request: string, repository: string, cause: unknown) =>
  new Problem({
    happened: `GitHub refused ${request} of ${repository}: ${describe(cause)}`,
    unchanged: "nothing was planned or applied by this request",
    next: "run the job again; a 403 means that its permissions in the workflow lack one",
    cause,
  });
