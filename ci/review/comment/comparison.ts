import { compareStacks } from "../plan/compare-stacks.ts";
import type { Comparison } from "../plan/report.ts";
import type { StackContents } from "../plan/stack-contents.ts";
import { placeOf, type Runners } from "../plan/who-plans.ts";
import { costNote } from "./cost-note.ts";
import { code, collapsed, fence } from "./markdown.ts";

type Stacks = ReadonlyMap<string, StackContents>;

/**
 * Compares the stacks of two synths, and decides which are planned where. It needs no credentials,
 * so it also runs for pull requests from forks.
 *
 * @param asked stacks to plan although their code is unchanged.
 */
export function comparison(
  base: Stacks,
  head: Stacks,
  runners: Runners,
  asked: readonly string[] = [],
): Comparison {
  const changed = compareStacks(base, head);
  const names = new Set([...changed.map(({ stack }) => stack), ...asked]);
  const there = [...names].filter((stack) => head.has(stack)).sort();
  return {
    changed,
    same: [...head.keys()].filter((stack) => !names.has(stack)).length,
    cost: costNote(base, head),
    ...placed(there, head, runners),
  };
}

/** Splits stacks into those that one of the workflows plans and the others. */
export function placed(
  stacks: readonly string[],
  all: Stacks,
  runners: Runners,
): Pick<Comparison, "plan" | "left"> {
  const configs = new Map([...all].map(([name, { config }]) => [name, config]));
  const places = stacks.map((stack) => ({ stack, place: placeOf(stack, configs, runners) }));
  return {
    plan: places.flatMap(({ stack, place }) =>
      "runner" in place ? [{ stack, runner: place.runner }] : [],
    ),
    left: places.flatMap(({ stack, place }) =>
      "left" in place ? [{ stack, why: place.left }] : [],
    ),
  };
}

/** The list for the page of the run; a pull request from a fork gets nothing else. */
export function comparisonPage({ changed, same, cost }: Comparison): string {
  const sections = changed.map(({ stack, how, added, changed: differ, removed, parts }) =>
    collapsed(
      `<b>${stack}</b> ${how}: ${added.length} new, ${differ.length} changed, ${removed.length} gone`,
      fence(
        [
          ...removed.map((it) => `- ${it}`),
          ...differ.map((it) => `! ${it}`),
          ...added.map((it) => `+ ${it}`),
          ...parts.map((it) => `# ${it} differs`),
        ].join("\n"),
        "diff",
      ),
    ),
  );
  return [
    changed.length === 0
      ? "### No stack's code changes"
      : `### Stacks whose code changes: ${changed.map(({ stack }) => code(stack)).join(", ")}`,
    ...sections,
    `${same} with the same code as before. Compared without credentials: what Terraform would do is in the plan.`,
    ...(cost.length === 0 ? [] : [cost.map((line) => `- ${line}`).join("\n")]),
  ].join("\n\n");
}
