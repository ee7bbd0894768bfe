import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describe, Problem, threeLines } from "../../lib/problem.ts";
import { synthesisedGroups } from "./clusters.ts";
import { type Comparison, commonRules, comparison } from "./comparison.ts";
import { asOf, pricedRegion } from "./prices.ts";
import { comparisonTable, estimateTable, footnotes } from "./report.ts";

const usage = `usage: make cost, or npx tsx ci/cost/main.ts [--json]

  --json   also writes out/cost.json`;

/**
 * Prints the monthly cost of the synthesised stacks.
 *
 * @param checkout has `cdktf.out`, and gets `out/cost.json`.
 * @returns the exit code: 0 done, 1 a price or the stacks are missing, 2 wrong use.
 */
export function costs(
  argv: readonly string[],
  checkout: string,
  print: (line: string) => void = console.log,
  complain: (line: string) => void = console.error,
): number {
  let json: boolean;
  try {
    const { values } = parseArgs({ args: [...argv], options: { json: { type: "boolean" } } });
    json = values.json ?? false;
  } catch (error) {
    complain(`${describe(error)}\n${usage}`);
    return 2;
  }
  try {
    const bills = synthesisedGroups(checkout).map(({ name, stacks }) => ({
      name,
      ...comparison(stacks),
    }));
    for (const bill of bills) {
      for (const line of linesOf(bill)) print(line);
      print("");
    }
    for (const line of footnotes()) print(line);
    if (json) write(join(checkout, "out"), bills);
    complainOfMissing(bills);
    return 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    complain(threeLines(error));
    return 1;
  }
}

type Bill = Comparison & { readonly name: string };

const isAccount = ({ name }: Bill) => name === "account";

const linesOf = (bill: Bill) =>
  isAccount(bill) ? estimateTable(bill.name, bill.ours) : comparisonTable(bill.name, bill);

function write(directory: string, bills: readonly Bill[]): void {
  mkdirSync(directory, { recursive: true });
  const clusters = bills.filter((it) => !isAccount(it));
  const account = bills.find(isAccount)?.ours;
  const document = { asOf, region: pricedRegion, commonRules, clusters, account };
  writeFileSync(join(directory, "cost.json"), `${JSON.stringify(document, null, 2)}\n`);
}

function complainOfMissing(bills: readonly Bill[]): void {
  const missing = bills.flatMap(({ name, ours, common }) =>
    [...ours.lines, ...common.lines]
      .filter((it) => it.isMissing)
      .map(({ what, note }) => `${name}: ${what}: ${note}`),
  );
  if (missing.length === 0) return;
  throw new Problem({
    happened: `sums lack ${[...new Set(missing)].join(" | ")}`,
    unchanged: "every other line is right",
    next: "do what the lines say, then make cost",
  });
}
