import { type Comparison, commonRules } from "./comparison.ts";
import type { Estimate, Line } from "./estimate.ts";
import { asOf, notCounted, pricedRegion, priceFile } from "./prices.ts";

/** A cluster's bill, and beside it the common way's. */
export function comparisonTable(name: string, { ours, common, lessPercent }: Comparison): string[] {
  const rows = [...new Set([...ours.lines, ...common.lines].map((it) => it.what))].map((what) => {
    const own = ours.lines.find((it) => it.what === what);
    const other = common.lines.find((it) => it.what === what);
    return [what, ...cells(own), ...cells(other), (own ?? other)?.note ?? ""];
  });
  const less =
    lessPercent === undefined
      ? "a price is missing, so nothing is compared"
      : `${Math.abs(lessPercent).toFixed(0)} % ${lessPercent < 0 ? "more" : "less"} than the common way`;
  return [
    `${name}: ${money(ours.monthlyUsd)} USD a month, ${less}`,
    ...table([
      ["", "count", "USD", "common", "USD", ""],
      ...rows,
      ["together", "", money(ours.monthlyUsd), "", money(common.monthlyUsd), ""],
    ]),
  ];
}

/** The bill of stacks without a common way, like the account's. */
export function estimateTable(name: string, { lines, monthlyUsd }: Estimate): string[] {
  return [
    `${name}: ${money(monthlyUsd)} USD a month`,
    ...table([
      ["", "count", "USD", ""],
      ...lines.map((line) => [line.what, ...cells(line), line.note]),
      ["together", "", money(monthlyUsd), ""],
    ]),
  ];
}

/** Notes for the reader of the tables. */
export const footnotes = (): string[] => [
  `An estimate: list prices of ${pricedRegion} in USD as of ${asOf}, on demand, all month.`,
  `The prices were written down from memory: ${priceFile} names the page of each.`,
  `Not in it: ${notCounted.join("; ")}.`,
  "The common way is an assumption:",
  ...commonRules.map((rule) => `- ${rule}`),
];

const money = (usd: number) => usd.toFixed(2);

const cells = (line: Line | undefined): [string, string] =>
  line ? [amount(line.count), line.isMissing ? "?" : money(line.monthlyUsd)] : ["-", "-"];

/** At most two decimals, and none for a whole number. */
const amount = (count: number) => String(Math.round(count * 100) / 100);

/** Aligned columns: figures to the right, the first and the last to the left. */
function table(rows: readonly (readonly string[])[]): string[] {
  const last = (rows[0]?.length ?? 0) - 1;
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const cell = (text: string, column: number) => {
    if (column === last) return text;
    return column === 0 ? text.padEnd(width(0)) : text.padStart(width(column));
  };
  return rows.map((row) => `  ${row.map(cell).join("  ")}`.trimEnd());
}
