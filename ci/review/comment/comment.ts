import { takesAway } from "../plan/changes.ts";
import { destroyLabel, whyLabel } from "../plan/destroy-threshold.ts";
import type { Comparison, StackReport } from "../plan/report.ts";
import { summary } from "../plan/summary.ts";
import { code, collapsed, fence, firstLines } from "./markdown.ts";
import { type Detail, stackSection } from "./stack-section.ts";

/** GitHub takes 65,536 characters; a hidden marker comes before these. */
export const longestComment = 65_536 - 100;

export interface Review {
  readonly comparison: Comparison;
  readonly reports: readonly StackReport[];
  /** The planned commit: the one that GitHub would make of a merge now. */
  readonly commit: string;
  /** Page of the run, which has the whole review. */
  readonly runUrl: string;
  /** How the plans are applied, if not by a merge. */
  readonly how?: string;
}

/** The comment on a pull request: as much as GitHub takes, with a link to the whole. */
export function reviewComment(review: Review): string {
  const bodies = (["attributes", "addresses", "counts"] as const).map((it) => render(review, it));
  const fitting = bodies.find((body) => body.length <= longestComment);
  if (fitting) return fitting;
  // Only the changes that take something away.
  const least = [title(review), ...warnings(review, 50), link(review, "counts")].join("\n\n");
  return least.length <= longestComment ? least : `${title(review)}\n\n${link(review, "counts")}`;
}

/** The whole review, for the page of the run. */
export const wholeReview = (review: Review): string => render(review, "whole");

function render(review: Review, detail: Detail): string {
  const { comparison, reports } = review;
  const planned = reports.filter((it) => it.outcome === "planned");
  const nonEmpty = planned.filter((it) => sizeOf(it) > 0);
  return [
    title(review),
    ...warnings(review, detail === "whole" ? Number.POSITIVE_INFINITY : 50),
    ...failures(review, detail),
    nonEmpty.map((it) => stackSection(it, detail)).join("\n"),
    noChange(review),
    ...notPlanned(review),
    ...cost(comparison),
    link(review, detail),
  ]
    .filter(Boolean)
    .join("\n\n");
}

const sizeOf = ({ changes, drift, deferred }: Extract<StackReport, { outcome: "planned" }>) =>
  changes.length + drift.length + deferred.length;

function title({ comparison, reports }: Review): string {
  if (comparison.changed.length + reports.length === 0) return "### Plan: no stack changes";
  const changes = reports.flatMap((it) => (it.outcome === "planned" ? it.changes : []));
  const failed = unplanned({ comparison, reports }).length;
  const tail =
    failed === 0 ? "" : `; **${failed} of ${comparison.plan.length} could not be planned**`;
  return `### Plan: ${summary(changes)}${tail}`;
}

/** The warnings that a reviewer must not miss: every destroyed object, stack by stack. */
function warnings({ comparison, reports }: Review, most: number): string[] {
  const planned = reports.filter((it) => it.outcome === "planned");
  const goes = planned.flatMap(({ stack, changes }) =>
    changes.filter(takesAway).map(({ kind, address, why, attributes }) => {
      const forcing = attributes.filter(({ forces }) => forces).map(({ path }) => code(path));
      const reason =
        forcing.length > 0 ? `: ${forcing.join(", ")} forces it` : why ? `: ${why}` : "";
      return `**${stack}** ${kind === "destroy" ? "destroys" : "replaces"} ${code(address)}${reason}`;
    }),
  );
  const orphans = comparison.changed
    .filter(({ how }) => how === "removed")
    .map(
      ({ stack }) =>
        `**${stack}** is no longer in the code, and nothing destroys what it has: destroy it first, from the branch that has it`,
    );
  const why = whyLabel(planned.flatMap(({ changes }) => changes));
  const label = why
    ? [`A merge applies this only with the label ${code(destroyLabel)}: ${why}`]
    : [];
  const lines = [...firstLines([...goes, ...orphans], most), ...label];
  if (lines.length === 0) return [];
  return [["> [!CAUTION]", ...lines.map((line) => `> ${line}<br>`)].join("\n")];
}

function failures(review: Review, detail: Detail): string[] {
  const longest = { whole: 60_000, attributes: 3000, addresses: 600, counts: 0 }[detail];
  return unplanned(review).map(({ stack, words }) =>
    longest === 0
      ? `**${stack}** could not be planned`
      : collapsed(`<b>${stack}</b> could not be planned`, fence(words.slice(0, longest))),
  );
}

/** Stacks whose plan is missing. */
function unplanned({ comparison, reports }: Pick<Review, "comparison" | "reports">) {
  return comparison.plan.flatMap(({ stack }) => {
    const report = reports.find((it) => it.stack === stack);
    if (report?.outcome === "failed") return [{ stack, words: report.words }];
    return report ? [] : [{ stack, words: "its job ended without a plan; see the run" }];
  });
}

function noChange({ comparison, reports }: Review): string {
  const empty = reports.filter((it) => it.outcome === "planned" && sizeOf(it) === 0);
  const parts = [
    ...(empty.length === 0 ? [] : [`${empty.length} planned with no change`]),
    ...(comparison.same === 0 ? [] : [`${comparison.same} with the same code as before`]),
  ];
  return parts.length === 0 ? "" : `Other stacks: ${parts.join(", ")}.`;
}

function notPlanned({ comparison }: Review): string[] {
  if (comparison.left.length === 0) return [];
  const lines = comparison.left.map(({ stack, why }) => `- **${stack}**: ${why}`);
  return [`Changed, and not planned here:\n${firstLines(lines, 50).join("\n")}`];
}

function cost({ cost: lines }: Comparison): string[] {
  if (lines.length === 0) return [];
  return [
    collapsed(
      "Cost, by list prices",
      firstLines(lines, 60)
        .map((it) => `- ${it}`)
        .join("\n"),
    ),
  ];
}

function link({ commit, runUrl, how }: Review, detail: Detail): string {
  const left = { whole: "", attributes: "", addresses: "attributes", counts: "details" }[detail];
  const more = left ? ` This comment would be too long with all ${left}.` : "";
  const command = how === undefined ? "" : `${code(how)}\n\n`;
  return `${command}<sub>Of ${commit.slice(0, 7)}.${more} [The whole](${runUrl}), with the plans that a merge applies.</sub>`;
}
