import { inventory } from "./inventory.ts";
import type { Item } from "./item.ts";
import { hoursPerMonth, priceFile, prices } from "./prices.ts";

/** One line of a bill. */
export interface Line {
  readonly what: string;
  readonly count: number;
  readonly monthlyUsd: number;
  /** Whose it is, and what a reader should know. */
  readonly note: string;
  /** Whether it should cost something, and the sum lacks it; the note says why. */
  readonly isMissing?: true;
}

export interface Estimate {
  readonly lines: readonly Line[];
  readonly monthlyUsd: number;
}

/** What a synthesised stack costs in a month. */
export const estimate = (stackJson: unknown): Estimate => priced(inventory(stackJson).items);

/** Items of the same price become one line; the dearest comes first. */
export function priced(items: readonly Item[]): Estimate {
  const together = new Map<string, Item[]>();
  for (const item of items) {
    const key = JSON.stringify([item.what, item.problem]);
    together.set(key, [...(together.get(key) ?? []), item]);
  }
  const lines = [...together.values()]
    .map(lineOf)
    .sort((a, b) => Number(!a.isMissing) - Number(!b.isMissing) || b.monthlyUsd - a.monthlyUsd);
  return { lines, monthlyUsd: cents(lines.reduce((sum, it) => sum + it.monthlyUsd, 0)) };
}

/** Half a cent up, and no 0.1 + 0.2. */
export const cents = (usd: number) => Math.round(usd * 100) / 100;

function lineOf(items: readonly Item[]): Line {
  const [{ what, problem } = { what: "" }] = items;
  const count = items.reduce((sum, it) => sum + it.count, 0);
  const notes = unique(items.map((it) => it.note ?? it.of));
  const price = prices[what];
  if (problem !== undefined) return missing(what, count, [problem, ...notes]);
  if (price) {
    const unit = price.usd * (price.per === "hour" ? hoursPerMonth : 1);
    const note = [...notes, ...(price.note ? [price.note] : [])].join("; ");
    return { what, count, monthlyUsd: cents(count * unit), note };
  }
  if (what.startsWith("aws_")) return { what, count, monthlyUsd: 0, note: notes.join("; ") };
  return missing(what, count, [`no price: add "${what}" to ${priceFile}`, ...notes]);
}

const missing = (what: string, count: number, notes: readonly string[]): Line => ({
  what,
  count,
  monthlyUsd: 0,
  note: notes.join("; "),
  isMissing: true,
});

/** Each note once; of many, the first few. */
function unique(notes: readonly string[]): string[] {
  const all = [...new Set(notes)];
  return all.length <= mostNotes
    ? all
    : [...all.slice(0, mostNotes - 1), `and ${all.length - mostNotes + 1} more`];
}

const mostNotes = 4;
