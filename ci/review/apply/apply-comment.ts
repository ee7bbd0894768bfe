import { collapsed, fence } from "../comment/markdown.ts";
import { type Outcome, planAgain } from "./outcome.ts";

export interface Applied {
  /** Every stack that the merge was to apply. */
  readonly stacks: readonly string[];
  readonly outcomes: readonly Outcome[];
  /** Stacks that no workflow applies, with the next step. */
  readonly left: readonly { readonly stack: string; readonly why: string }[];
  readonly pull: number;
  readonly runUrl: string;
}

const longestWords = 5000;

/** The comment on a pull request about its apply. */
export function applyComment({ stacks, outcomes, left, pull, runUrl }: Applied): string {
  const applied = outcomes.filter((it) => it.outcome === "applied");
  const unwell = outcomes.filter((it) => it.outcome !== "applied");
  const withOutcome = new Set(outcomes.map(({ stack }) => stack));
  const withoutOutcome = stacks.filter((stack) => !withOutcome.has(stack));
  return [
    title(stacks.length, applied.length, unwell),
    ...(applied.length === 0
      ? []
      : [applied.map(({ stack, summary }) => `- **${stack}**: ${summary}`).join("\n")]),
    ...unwell.map(
      ({ stack, outcome, happened, unchanged, next }) =>
        `**${stack}** ${outcome === "refused" ? "was refused" : "failed"}. Unchanged: ${unchanged}.\n\n${fence(happened.slice(0, longestWords))}\n\nNext: ${next}`,
    ),
    ...(withoutOutcome.length === 0
      ? []
      : [
          `Not begun, since another one was refused or the job was cancelled: ${withoutOutcome.join(", ")}.\n\nNext: ${planAgain(withoutOutcome, pull)}`,
        ]),
    ...left.map(({ stack, why }) => `**${stack}** is not applied here: ${why}`),
    `<sub>[The run](${runUrl})</sub>`,
  ].join("\n\n");
}

function title(all: number, applied: number, unwell: readonly Outcome[]): string {
  if (all === 0) return "### Nothing to apply here";
  if (applied === all) return `### Applied: ${all === 1 ? "1 stack" : `${all} stacks`}`;
  const failed = unwell.some(({ outcome }) => outcome === "failed");
  return `### ${failed ? "Apply failed" : "Not applied"}: ${applied} of ${all} stacks are as merged`;
}

/** The comment for a merge whose plans were not found. */
export const refusedComment = (error: { happened: string; next: string }, runUrl: string) =>
  [
    "### Not applied",
    collapsed("What happened", fence(error.happened)),
    `Nothing was changed. Next: ${error.next}`,
    `<sub>[The run](${runUrl})</sub>`,
  ].join("\n\n");
