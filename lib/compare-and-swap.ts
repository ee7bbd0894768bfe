/** Another writer was faster, so nothing was written. */
export const conflict = Symbol("another writer was faster");
export type Conflict = typeof conflict;

/**
 * Reads, decides and writes over exactly what was read; begins again while other writers are faster.
 *
 * @param attempts how often another writer may be faster.
 * @param attempt reads, decides and writes once; it gets its number, from 1.
 * @returns the result of the first attempt without a conflict; `conflict` if every attempt had one.
 * @throws what an attempt throws, at once.
 */
export async function compareAndSwap<T>(
  attempts: number,
  attempt: (n: number) => Promise<T | Conflict>,
): Promise<T | Conflict> {
  for (let n = 1; n <= attempts; n += 1) {
    const result = await attempt(n);
    if (result !== conflict) return result;
  }
  return conflict;
}
