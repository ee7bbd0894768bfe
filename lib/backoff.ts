/** Longer and longer waits between tries, to spare a server that is away or refuses. */
export interface Backoff {
  /** The wait before the next try. */
  nextMs(): number;
  /** Begins again with the shortest wait, after a success. */
  reset(): void;
}

export interface Waits {
  readonly shortestMs: number;
  /** In the end the wait is between this and twice this; with `random` 0 it is this. */
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
