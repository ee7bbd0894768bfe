/** Longer and longer waits between tries, so that what is away or refuses is left alone. */
export interface Backoff {
  /** How long to wait before the next try. */
  nextMs(): number;
  /** It went well: the next failure is the first one again. */
  reset(): void;
}

export interface Waits {
  readonly shortestMs: number;
  /** The wait is between this and twice this in the end; with `random` 0 it is this. */
  readonly longestMs: number;
}

/** @param random between 0 and 1; spreads the tries of many agents over twice the time. */
export function backoff({ shortestMs, longestMs }: Waits, random: () => number): Backoff {
  let ms = shortestMs;
  return {
    nextMs() {
      const wait = ms * (1 + random());
      ms = Math.min(ms * 2, longestMs);
      return wait;
    },
    reset() {
      ms = shortestMs;
    },
  };
}
