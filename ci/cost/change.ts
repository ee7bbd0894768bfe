import { cents, type Estimate, type Line } from "./estimate.ts";

/** The effects of a change on the bill: a line for each, the dearest first, and the sum. */
export function costChange(before: Estimate, after: Estimate): string[] {
  const old = byWhat(before);
  const fresh = byWhat(after);
  const changes = [...new Set([...old.keys(), ...fresh.keys()])].flatMap((what) =>
    change(what, old.get(what), fresh.get(what)),
  );
  const from = usd(before.monthlyUsd);
  if (changes.length === 0) return [`the bill stays as it is: ${from} USD a month`];
  const together = signed(after.monthlyUsd - before.monthlyUsd);
  return [
    ...changes.sort((a, b) => Math.abs(b.by) - Math.abs(a.by)).map(({ says }) => says),
    `together: ${together} USD a month, from ${from} to ${usd(after.monthlyUsd)}`,
  ];
}

interface Change {
  readonly says: string;
  readonly by: number;
}

/** An item that does not exist. */
const none: Pick<Line, "count" | "monthlyUsd"> = { count: 0, monthlyUsd: 0 };

function change(what: string, before?: Line, after?: Line): Change[] {
  // An item that was missing from the sum counts as new.
  const old = before?.isMissing && !after?.isMissing ? none : (before ?? none);
  const fresh = after ?? none;
  const count = cents(fresh.count - old.count);
  const by = cents(fresh.monthlyUsd - old.monthlyUsd);
  if (after?.isMissing) {
    if (before?.isMissing && count <= 0) return [];
    return [{ says: `${what}: not in the sum, ${after.note}`, by: Number.MAX_VALUE }];
  }
  if (count === 0 && by === 0) return [];
  if (count === 0) return [{ says: `changes ${what}: ${signed(by)} USD a month`, by }];
  const verb = count > 0 ? "adds" : "removes";
  const money = by === 0 ? (after ?? before)?.note : `${signed(by)} USD a month`;
  return [{ says: `${verb} ${Math.abs(count)} × ${what}: ${money}`, by }];
}

const byWhat = ({ lines }: Estimate) => new Map(lines.map((line) => [line.what, line]));

const usd = (amount: number) => amount.toFixed(2);

/** An amount with its sign; the minus is as wide as a plus. */
const signed = (amount: number) => `${amount < 0 ? "−" : "+"}${usd(Math.abs(amount))}`;
