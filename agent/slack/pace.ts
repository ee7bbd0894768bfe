import type { Clock } from "../effects.ts";

/** Between two calls: Slack takes a message a second in a channel, and fifty edits a minute. */
export const paceMs = 1200;

const shortestRetryMs = 2000;
const longestRetryMs = 30_000;

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
  let retryMs = shortestRetryMs;
  const waitMs = () => Math.max(0, nextMs - clock.monotonicMs());
  return {
    waitMs,
    async turn() {
      if (waitMs() > 0) await clock.sleep(waitMs());
      nextMs = clock.monotonicMs() + paceMs;
    },
    well() {
      retryMs = shortestRetryMs;
    },
    leaveAlone(askedMs) {
      nextMs = clock.monotonicMs() + (askedMs ?? retryMs);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    },
  };
}
