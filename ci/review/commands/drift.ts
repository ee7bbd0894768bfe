import { join } from "node:path";
import { placed } from "../comment/comparison.ts";
import { writeDriftIssues } from "../drift/drift-issues.ts";
import { type DriftReport, lookAt } from "../drift/drift-stack.ts";
import { readStacks } from "../plan/stack-contents.ts";
import {
  type Command,
  readIfThere,
  runners,
  stackFolder,
  stacksIn,
  synthesised,
  write,
} from "./command.ts";
import { gitHubOf, output, page, runUrl } from "./job.ts";

/** Lists every stack that can be checked. */
export const stacks: Command = async (job) => {
  const all = readStacks(join(job.folder, synthesised));
  output(job, "stacks", placed([...all.keys()], all, runners(job, "plan")).plan);
  return true;
};

/** Checks whether a stack is as Terraform left it. */
export const drift: Command = async (job, stack) => {
  const report = await lookAt(await job.terraform(), stack, stackFolder(job, stack));
  write(job, "drift.json", report);
  if (report.outcome === "failed") job.print(report.words);
  return report.outcome !== "failed";
};

/** Opens, updates and closes the issues of drifted stacks. */
export const driftIssues: Command = async (job) => {
  const reports = stacksIn(job).flatMap(
    (stack) => readIfThere<DriftReport>(job, `drift-${stack}`, "drift.json") ?? [],
  );
  const done = await writeDriftIssues(gitHubOf(job), reports, runUrl(job));
  page(job, done.map((line) => `- ${line}`).join("\n"));
  return true;
};
