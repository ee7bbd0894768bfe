import { appendFileSync } from "node:fs";
import { Problem } from "../../../lib/problem.ts";
import { type GitHub, gitHub } from "../../github/github.ts";

/** The surroundings of a workflow's step. */
export interface Job {
  /** Names of variables as GitHub and the workflows give them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
}

/** @throws Problem if the workflow did not set it. */
export function needed({ env }: Job, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new Problem({
    happened: `${name} is not set`,
    unchanged: "nothing was planned, applied or written",
    next: `see the step's env in .github/workflows/, which should give ${name}`,
  });
}

/** A number from the environment. @throws Problem for another text. */
export function neededNumber(job: Job, name: string): number {
  const value = needed(job, name);
  if (/^\d+$/.test(value)) return Number(value);
  throw new Problem({
    happened: `${name} is "${value}", which is no number`,
    unchanged: "nothing was planned, applied or written",
    next: `give ${name} a number, such as that of a pull request or of a run`,
  });
}

/** Words of a variable that holds several, like "staging production". */
export const wordsIn = ({ env }: Job, name: string): string[] =>
  (env[name] ?? "").split(/[\s,]+/).filter(Boolean);

/** Passes a value to later jobs: GitHub reads the file after the step. */
export function output(job: Job, name: string, value: unknown): void {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  appendFileSync(needed(job, "GITHUB_OUTPUT"), `${name}=${text.replaceAll("\n", " ")}\n`);
}

/** GitHub's limit for a page, in bytes. */
const longestPage = 1024 * 1024;

/** Shows a page on the run. */
export function page(job: Job, markdown: string): void {
  const bytes = Buffer.from(markdown);
  const isLong = bytes.length > longestPage - 100;
  const text = isLong
    ? `${bytes.subarray(0, longestPage - 100).toString("utf8")}\n\nmore is in the artifact`
    : markdown;
  appendFileSync(needed(job, "GITHUB_STEP_SUMMARY"), `${text}\n`);
}

export const runUrl = (job: Job): string =>
  `${needed(job, "GITHUB_SERVER_URL")}/${needed(job, "GITHUB_REPOSITORY")}/actions/runs/${needed(job, "GITHUB_RUN_ID")}`;

export function gitHubOf(job: Job): GitHub {
  return gitHub({
    repository: needed(job, "GITHUB_REPOSITORY"),
    token: needed(job, "GITHUB_TOKEN"),
    url: needed(job, "GITHUB_API_URL"),
  });
}
