import type { Outcome } from "./sync.ts";

/** One line for each repository, the failed ones first; in a dry run with the changes. */
export function report(outcomes: readonly Outcome[]): string[] {
  const failed = outcomes.filter(({ kind }) => kind === "failed");
  const rest = outcomes.filter(({ kind }) => kind !== "failed");
  return [...failed, ...rest].flatMap(linesOf);
}

function linesOf(outcome: Outcome): string[] {
  const { repository, kind } = outcome;
  switch (kind) {
    case "failed":
      return [`${repository}: failed: ${outcome.why}`];
    case "same":
      return [`${repository}: nothing to change`];
    case "would change":
      return [`${repository}: would change:`, ...outcome.diff.split("\n")];
    case "opened":
      return [`${repository}: opened ${outcome.pullRequest}`];
    case "updated":
      return [`${repository}: updated ${outcome.pullRequest}`];
    case "waits":
      return [`${repository}: waits for the merge of ${outcome.pullRequest}`];
  }
}
