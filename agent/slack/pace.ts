import { backoff } from "../../lib/backoff.ts";
import type { Clock } from "../core/effects.ts";

/** Between two calls: Slack takes a message a second in a channel, and fifty edits a minute. */
const paceMs = 1200;

const retryWaits = { shortestMs: 2000, longestMs: 30_000 };

/** When Slack may be called again. */
export interface Pace {
  /** How long until the next call. */
  waitMs(): number;
  /** Waits for the next call's turn, and takes it. */
  turn(): Promise<void>;
  /** Slack answered well. */
  well(): void;
  /** Leaves Slack alone for as long as it said, else for longer each time. */
  leaveAlone(askedMs: number | undefined): void;
}

export function pace(clock: Clock): Pace {
  let nextMs = clock.monotonicMs();
  // One agent of a fleet calls Slack: there is nothing to spread.
  const again = backoff(retryWaits, () => 0);
  const waitMs = () => Math.max(0, nextMs - clock.monotonicMs());
  return {
    waitMs,
    async turn() {
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
