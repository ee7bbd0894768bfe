import { backoff, type Waits } from "../../lib/backoff.ts";
import { logOnChange } from "../../lib/log-on-change.ts";
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
  const logError = logOnChange((error) => log("part.failed", { part: what, error }));
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      logError(error);
      await clock.sleep(again.nextMs());
    }
  }
}
