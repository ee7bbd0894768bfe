import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const workflowsFolder = join(import.meta.dirname, "../../.github/workflows");

export interface Workflow {
  readonly file: string;
  readonly text: string;
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly concurrency?: Concurrency;
  readonly jobs: Readonly<Record<string, WorkflowJob>>;
}

export interface WorkflowJob {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Concurrency;
  readonly environment?: unknown;
  readonly "timeout-minutes"?: number;
  /** Present if the job is a whole reusable workflow. */
  readonly uses?: string;
  readonly steps?: readonly Step[];
}

export interface Concurrency {
  readonly group: string;
  readonly "cancel-in-progress"?: boolean | string;
}

export interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export const workflows = (): Workflow[] =>
  readdirSync(workflowsFolder)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((file) => workflowOf(file, readFileSync(join(workflowsFolder, file), "utf8")));

export const workflowOf = (file: string, text: string): Workflow => ({
  file,
  text,
  ...(parse(text) as Omit<Workflow, "file" | "text">),
});
