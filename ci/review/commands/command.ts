import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../../lib/problem.ts";
import type { Terraform } from "../../../terraform/terraform.ts";
import type { Comparison } from "../plan/report.ts";
import type { Runners } from "../plan/who-plans.ts";
import { type Job, needed, wordsIn } from "./job.ts";

/** Folder of the head's synthesised stacks, below the folder that a command runs in. */
export const synthesised = "cdktf.out";
/** Folder of a command's files for an artifact. */
export const out = "out/review";
/** Artifacts of other jobs, each in a folder of its name. */
export const artifacts = "out/artifacts";

export interface Commanded extends Job {
  /** The checkout. */
  readonly folder: string;
  readonly terraform: () => Promise<Terraform>;
}

/** A step of a workflow. @returns whether it went well. */
export type Command = (job: Commanded, stack: string) => Promise<boolean>;

const hosted = "ubuntu-24.04";

export const runners = (job: Job, does: Runners["does"]): Runners => ({
  hosted,
  insideOf: wordsIn(job, "CONSUL_RUNNERS"),
  does,
});

/** A stack's folder. @throws Problem for an unknown name. */
export function stackFolder({ folder }: Commanded, stack: string): string {
  const path = join(folder, synthesised, "stacks", stack);
  if (/^[a-z0-9-]+$/.test(stack) && existsSync(path)) return path;
  throw new Problem({
    happened: `there is no stack "${stack}" in ${synthesised}`,
    unchanged: "nothing was planned or applied",
    next: `npx cdktf synth; there are: ${readdirSync(join(folder, synthesised, "stacks")).join(", ")}`,
  });
}

/** The stacks that an earlier job found, in its order. */
export const stacksIn = (job: Job): string[] =>
  (JSON.parse(needed(job, "STACKS")) as Comparison["plan"]).map(({ stack }) => stack);

export function write({ folder }: Commanded, name: string, value: unknown): void {
  mkdirSync(join(folder, out), { recursive: true });
  writeFileSync(join(folder, out, name), JSON.stringify(value));
}

export function readIfThere<T>(
  { folder }: Commanded,
  artifact: string,
  name: string,
): T | undefined {
  const file = join(folder, artifacts, artifact, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : undefined;
}

export function read<T>(job: Commanded, artifact: string, name: string): T {
  const found = readIfThere<T>(job, artifact, name);
  if (found !== undefined) return found;
  throw new Problem({
    happened: `the artifact ${artifact} with ${name} is not there`,
    unchanged: "no comment was written",
    next: "see the job before this one",
  });
}
