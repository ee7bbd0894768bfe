/**
 * Whether any text matches both patterns. `*` matches any number of characters, `?` one, as the
 * load balancer allows in hosts and paths.
 */
export function overlap(one: string, other: string): boolean {
  const refuted = new Set<number>();
  const from = (i: number, j: number): boolean => {
    const place = i * (other.length + 1) + j;
    if (refuted.has(place)) return false;
    const found = step(i, j);
    if (!found) refuted.add(place);
    return found;
  };
  const step = (i: number, j: number): boolean => {
    const [a, b] = [one[i], other[j]];
    if (a === undefined && b === undefined) return true;
    if (a === "*") return from(i + 1, j) || (b !== undefined && from(i, j + 1));
    if (b === "*") return from(i, j + 1) || (a !== undefined && from(i + 1, j));
    if (a === undefined || b === undefined) return false;
    return (a === b || a === "?" || b === "?") && from(i + 1, j + 1);
  };
  return from(0, 0);
}

/** Counts the wildcard characters. */
export const wildcards = (pattern: string): number => pattern.replace(/[^*?]/g, "").length;
