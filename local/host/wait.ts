import { setTimeout as sleep } from "node:timers/promises";
import { describe, Problem } from "../../lib/problem.ts";

export interface WaitOptions {
  /** Completes "waiting for …". */
  readonly what: string;
  readonly seconds: number;
  /** Completes the error when the time is over: what was left as it was. */
  readonly unchanged?: string;
  readonly next: string;
  /** Gets a line about every three seconds. */
  readonly log?: (line: string) => void;
  /** Between two looks. @default 50 */
  readonly everyMs?: number;
}

/**
 * Looks until there is something: `look` returns undefined, or throws, while there is not.
 *
 * @throws Problem with the last error when the time is over; a Problem of `look` is final.
 */
export async function waitFor<T>(
  look: () => Promise<T | undefined>,
  options: WaitOptions,
): Promise<T> {
  const { what, seconds, unchanged = "what already runs goes on", next, log } = options;
  const start = Date.now();
  let loggedAt = start;
  let last: unknown = "not yet";
  while (Date.now() - start < seconds * 1000) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof Problem) throw error;
      last = error;
    }
    if (Date.now() - loggedAt > 3000) {
      loggedAt = Date.now();
      log?.(`waiting for ${what} (${Math.round((loggedAt - start) / 1000)} s)`);
    }
    await sleep(options.everyMs ?? 50);
  }
  throw new Problem({
    happened: `waited ${seconds} s for ${what}: ${describe(last)}`,
    unchanged,
    next,
    cause: last,
  });
}
