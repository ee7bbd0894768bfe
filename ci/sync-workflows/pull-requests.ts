import { Octokit } from "@octokit/rest";
import { describe, Problem } from "../../lib/problem.ts";

/** The calls to GitHub for pull requests. Every method rejects with a Problem. */
export interface PullRequests {
  /** The address of the open one from a branch of the repository itself, if there is one. */
  openFrom(repository: string, branch: string): Promise<string | undefined>;
  /** @returns its address. */
  open(repository: string, desired: PullRequestSpec): Promise<string>;
}

export interface PullRequestSpec {
  readonly title: string;
  readonly body: string;
  readonly branch: string;
  /** The branch to merge into. */
  readonly base: string;
}

/** GitHub's own. @param url of its API @default "https://api.github.com" */
export function pullRequests(token: string, url?: string): PullRequests {
  const { rest } = new Octokit({ auth: token, ...(url === undefined ? {} : { baseUrl: url }) });
  return {
    async openFrom(repository, branch) {
      const { owner, repo } = split(repository);
      const { data } = await answered(repository, () =>
        rest.pulls.list({ owner, repo, head: `${owner}:${branch}`, state: "open" }),
      );
      return data[0]?.html_url;
    },
    async open(repository, { title, body, branch, base }) {
      const { data } = await answered(repository, () =>
        rest.pulls.create({ ...split(repository), title, body, head: branch, base }),
      );
      return data.html_url;
    },
  };
}

function split(repository: string) {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}

async function answered<T>(repository: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new Problem({
      happened: `GitHub refused what was asked about pull requests of ${repository}: ${describe(cause)}`,
      unchanged: "its default branch is as it was",
      next: "see that the app is installed there, with the permission to write pull requests",
      cause,
    });
  }
}
