/** The time in which at least one of the spans lies, each from a time to a time in milliseconds. */
export function coveredMs(spans: readonly (readonly [from: number, to: number])[]): number {
  let sum = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    sum += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return sum;
}
