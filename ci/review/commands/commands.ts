import { applied, apply, check, find } from "./apply.ts";
import type { Command } from "./command.ts";
import { drift, driftIssues, stacks } from "./drift.ts";
import { comment, compare, plan } from "./plan.ts";

/** The commands of `npx tsx ci/review/main.ts <command> [stack]`. */
export const commands: Readonly<Record<string, Command>> = {
  // plan.yml
  compare,
  plan,
  comment,
  // apply.yml
  find,
  check,
  apply,
  applied,
  // drift.yml
  stacks,
  drift,
  "drift-issues": driftIssues,
};

/** Commands that take one stack. */
export const ofOneStack: ReadonlySet<string> = new Set(["plan", "apply", "drift"]);
