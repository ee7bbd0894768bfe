import { describe } from "../protocol/problem.ts";
import { orAborted } from "./aborted.ts";
import { backoff } from "./backoff.ts";
import type { Context } from "./roll/context.ts";
import { recover } from "./roll/settle.ts";

const retryWaits = { shortestMs: 1000, longestMs: 15_000 };

/**
 * Tries again what a roll could not bring to its end, such as its undo: a process may be out. The
 * roll of a newer deploy begins with that itself.
 *
 * @param replaced aborts when a newer deploy is wished.
 */
export async function settleLeft(
  on: Omit<Context, "tell" | "took" | "countCut">,
  replaced: AbortSignal,
  random: () => number,
): Promise<void> {
  const { service, journal, clock, log } = on;
  const again = backoff(retryWaits, random);
  while (!replaced.aborted) {
    const left = Object.keys(journal.current().moves).map(Number);
    if (left.length === 0) return;
    await orAborted(clock.sleep(again.nextMs()), replaced);
    if (replaced.aborted) return;
    await recover(quietly(on), left).catch((error) =>
      log("recover.failed", { service: service.service, error: describe(error) }),
    );
  }
}

/** What is recovered is told in the log alone. */
export const quietly = (on: Omit<Context, "tell" | "took" | "countCut">): Context => ({
  ...on,
  tell: () => {},
  took: () => {},
  countCut: () => {},
});
