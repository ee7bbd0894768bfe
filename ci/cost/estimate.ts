import { groupBy } from "../../lib/group-by.ts";
import { inventory, unknownType } from "./inventory.ts";
import type { Item } from "./item.ts";
import { hoursPerMonth, priceFile, prices } from "./prices.ts";

/** One line of a bill. */
export interface Line {
  readonly what: string;
  readonly count: number;
  readonly monthlyUsd: number;
  /** The owner, and remarks for the reader. */
  readonly note: string;
  /** Whether it costs something that the sum lacks; the note has the reason. */
  readonly isMissing?: true;
}

export interface Estimate {
  readonly lines: readonly Line[];
  readonly monthlyUsd: number;
}

/** The monthly bill of a synthesised stack. */
export const estimate = (stackJson: unknown): Estimate => priced(inventory(stackJson).items);

/** Items of the same price become one line; the dearest comes first. */
export function priced(items: readonly Item[]): Estimate {
  const lines = [...groupBy(items, ({ what }) => what).values()]
    .map(lineOf)
    .sort((a, b) => Number(!a.isMissing) - Number(!b.isMissing) || b.monthlyUsd - a.monthlyUsd);
  return { lines, monthlyUsd: cents(lines.reduce((sum, it) => sum + it.monthlyUsd, 0)) };
}

/** Whole cents, without floating point's error in 0.1 + 0.2. */
export const cents = (usd: number) => Math.round(usd * 100) / 100;

/** @param items all of one `what`, and at least one. */
function lineOf(items: readonly Item[]): Line {
  const what = items[0]?.what ?? "";
  const price = prices[what];
  const count = items.reduce((sum, it) => sum + it.count, 0);
  const notes = unique(
    items.map(({ of, note, problem }) => (problem ? `${of}: ${problem}` : (note ?? of))),
  );
  const note = notes.join("; ");
  if (price) {
    const unit = price.usd * (price.per === "hour" ? hoursPerMonth : 1);
    const more = price.note ? `; ${price.note}` : "";
    return { what, count, monthlyUsd: cents(count * unit), note: `${note}${more}` };
  }
  const line = { what, count, monthlyUsd: 0, note };
  if (items.some((it) => it.problem)) return { ...line, isMissing: true };
  if (items.every((it) => it.note?.startsWith(unknownType))) return line;
  return { ...line, note: `no price: add "${what}" to ${priceFile}; ${note}`, isMissing: true };
}

/** Each note once; of many, the first few. */
function unique(notes: readonly string[]): string[] {
  const all = [...new Set(notes)];
  return all.length <= mostNotes
    ? all
    : [...all.slice(0, mostNotes - 1), `and ${all.length - mostNotes + 1} more`];
}

const mostNotes = 4;
