/**
 * Whether a pattern matches every text that another matches. `*` matches any number of characters,
 * `?` one. It follows the narrow pattern, and keeps all places where the wide one may be by then.
 */
export function contains(wide: string, narrow: string): boolean {
  // One character that neither names stands for all others.
  const characters = new Set(`${wide}${narrow}\0`.replaceAll(/[*?]/g, ""));
  const seen = new Set<string>();
  const from = (j: number, places: readonly number[]): boolean => {
    if (places.length === 0) return false; // any pattern matches something
    const state = `${j}:${places}`;
    if (seen.has(state)) return true;
    seen.add(state);
    const mark = narrow[j];
    if (mark === undefined) return places.includes(wide.length);
    const next = mark === "*" ? j : j + 1;
    const read = mark === "*" || mark === "?" ? [...characters] : [mark];
    return (
      (mark !== "*" || from(j + 1, places)) &&
      read.every((character) => from(next, after(wide, places, character)))
    );
  };
  return from(0, withStars(wide, [0]));
}

/** Places in a pattern after one more character. */
function after(pattern: string, places: readonly number[], character: string): readonly number[] {
  const next = places.flatMap((at) => {
    const mark = pattern[at];
    if (mark === "*") return [at];
    return mark === "?" || mark === character ? [at + 1] : [];
  });
  return withStars(pattern, next);
}

/** Places, and those behind a `*` that matches nothing. */
function withStars(pattern: string, places: readonly number[]): readonly number[] {
  const all = new Set<number>();
  for (let at of places) {
    all.add(at);
    while (pattern[at] === "*") all.add(++at);
  }
  return [...all].sort((a, b) => a - b);
}
