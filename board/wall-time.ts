/** The parts of a rollout's time, as the board shows them. */
export const parts = [
  "prepare",
  "wait",
  "drain",
  "stop",
  "start",
  "probe",
  "undo",
  "roll",
  "other",
] as const;
export type Part = (typeof parts)[number];

/** A period of time; times in milliseconds. */
export interface Span {
  readonly part: Part;
  readonly from: number;
  readonly to: number;
}

/** An instance that waits or prepares delays no other while one rolls. */
const rankOf: Readonly<Record<Part, number>> = {
  other: 0,
  wait: 1,
  prepare: 2,
  roll: 3,
  drain: 3,
  stop: 3,
  start: 3,
  probe: 3,
  undo: 3,
};

/**
 * Divides the time between two moments, so that the shares add up to it: each moment is assigned to
 * the spans of that moment, in equal shares among those of the same rank, and to `other` where
 * there is none.
 *
 * @returns milliseconds by part; parts without any are left out.
 */
export function shareWallTime(
  spans: readonly Span[],
  from: number,
  to: number,
): ReadonlyMap<Part, number> {
  const shares = new Map<Part, number>();
  const active = new Map<Part, number>();
  let last = from;
  for (const { at, part, change } of [...edges(spans, from, to), { at: to }] as readonly Edge[]) {
    const share = activeShares(active);
    for (const [name, fraction] of share) {
      if (at > last) shares.set(name, (shares.get(name) ?? 0) + (at - last) * fraction);
    }
    last = at;
    if (part) active.set(part, (active.get(part) ?? 0) + change);
  }
  return shares;
}

interface Edge {
  readonly at: number;
  readonly part: Part;
  readonly change: 1 | -1;
}

/** Starts and ends in order of time, cut to the divided period. */
function edges(spans: readonly Span[], from: number, to: number): Edge[] {
  const within = (at: number) => Math.min(Math.max(at, from), to);
  return spans
    .flatMap(({ part, ...span }): Edge[] => [
      { at: within(span.from), part, change: 1 },
      { at: within(Math.max(span.from, span.to)), part, change: -1 },
    ])
    .sort((a, b) => a.at - b.at);
}

function activeShares(active: ReadonlyMap<Part, number>): [Part, number][] {
  const going = [...active].filter(([, count]) => count > 0);
  if (going.length === 0) return [["other", 1]];
  const top = Math.max(...going.map(([part]) => rankOf[part]));
  const highest = going.filter(([part]) => rankOf[part] === top);
  const sum = highest.reduce((all, [, count]) => all + count, 0);
  return highest.map(([part, count]) => [part, count / sum]);
}
