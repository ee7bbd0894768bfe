import { backoff } from "../../lib/backoff.ts";
import type { Clock } from "../core/effects.ts";

/**
 * Pause between two calls: Slack accepts a message a second in a channel, and fifty edits a minute.
 */
const paceMs = 1200;

const retryWaits = { shortestMs: 2000, longestMs: 30_000 };

/** When Slack may be called again. */
export interface Pace {
  /** How long until the next call. */
  waitMs(): number;
  /** Waits until the next call is allowed, and uses it. */
  acquire(): Promise<void>;
  /** Slack answered well. */
  well(): void;
  /** Waits for as long as Slack asked, or longer each time. */
  leaveAlone(askedMs: number | undefined): void;
}

export function pace(clock: Clock): Pace {
  let nextMs = clock.monotonicMs();
  // Only one agent of a fleet calls Slack: there is nothing to spread.
  const again = backoff(retryWaits, () => 0);
  const waitMs = () => Math.max(0, nextMs - clock.monotonicMs());
  return {
    waitMs,
    async acquire() {
      if (waitMs() > 0) await clock.sleep(waitMs());
      nextMs = clock.monotonicMs() + paceMs;
    },
    well: again.reset,
    leaveAlone(askedMs) {
      const waitMs = again.nextMs();
      nextMs = clock.monotonicMs() + (askedMs ?? waitMs);
    },
  };
}
