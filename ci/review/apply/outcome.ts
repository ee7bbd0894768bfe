import { describe, Problem } from "../../../lib/problem.ts";
import { withoutSecrets } from "../plan/render-value.ts";

/** The outcome of a stack's saved plan after the merge. */
export type Outcome =
  | { readonly stack: string; readonly outcome: "applied"; readonly summary: string }
  /** Refused: not begun. Failed: begun, and not finished. */
  | ({ readonly stack: string; readonly outcome: "refused" | "failed" } & Explanation);

interface Explanation {
  readonly happened: string;
  readonly unchanged: string;
  readonly next: string;
}

/** A stack's outcome for an error. */
export function outcomeOf(stack: string, outcome: "refused" | "failed", error: unknown): Outcome {
  const explanation =
    error instanceof Problem
      ? { happened: error.happened, unchanged: error.unchanged, next: error.next }
      : { happened: describe(error), unchanged: "look at the job", next: "look at the job" };
  return { stack, outcome, ...explanation, happened: withoutSecrets(explanation.happened) };
}

/** The instruction to plan stacks again after the merge, and then to apply them. */
export const planAgain = (stacks: readonly string[], pull: number): string =>
  `gh workflow run plan.yml --ref main -f pull_request=${pull} -f stacks="${stacks.join(" ")}", then look at the comment: it says how that plan is applied`;
