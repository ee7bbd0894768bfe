import { backoff, type Waits } from "../../lib/backoff.ts";
import { describe } from "../../lib/problem.ts";
import type { Clock, Log } from "./effects.ts";

const retryWaits: Waits = { shortestMs: 1000, longestMs: 15_000 };

/**
 * Does a part of the agent's work, and begins it again where it fails: a service with a damaged
 * state, or a gate that cannot be read, must not stop the other parts. Never rejects.
 *
 * @param what names it in the log.
 */
export async function keepGoing(
  what: string,
  act: () => Promise<unknown>,
  {
    clock,
    log,
    random = Math.random,
  }: { readonly clock: Clock; readonly log: Log; readonly random?: () => number },
): Promise<void> {
  const again = backoff(retryWaits, random);
  let said = "";
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      const why = describe(error);
      if (why !== said) log("part.failed", { part: what, error: why });
      said = why;
      await clock.sleep(again.nextMs());
    }
  }
}
