import { backgroundWorker } from "../../lib/background-worker.ts";
import { describe } from "../../lib/problem.ts";
import type { Span } from "../../trace/spans.ts";
import type { Clock, Log } from "../core/effects.ts";

/** Tells the cluster's collector what the agent did. */
export interface Tracing {
  /** Sends spans later. Never throws and never waits: no deploy depends on it. */
  tell(spans: readonly Span[]): void;
  /** Resolves when everything that was told is sent, or given up. */
  settled(): Promise<void>;
}

/** A cluster that has no collector. */
export const noTracing: Tracing = { tell: () => {}, settled: async () => {} };

/** What the end of a roll tells at once goes in one piece; by then the slot is somebody else's. */
const gatherMs = 1000;

/** What waits while a collector takes nothing; about a megabyte. The oldest is dropped first. */
const mostWaiting = 1000;

/** @param send takes one piece at a time; it must end, one way or the other. */
export function tracing({
  send,
  clock,
  log,
}: {
  readonly send: (spans: readonly Span[]) => Promise<void>;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}): Tracing {
  let waiting: Span[] = [];

  const sendAll = async () => {
    while (waiting.length > 0) {
      await clock.sleep(gatherMs);
      const spans = waiting;
      waiting = [];
      try {
        await send(spans);
      } catch (error) {
        log("trace.failed", { spans: spans.length, error: describe(error) });
      }
    }
  };
  const worker = backgroundWorker(sendAll, () => waiting.length > 0);

  return {
    tell(spans) {
      const all = [...waiting, ...spans];
      const dropped = Math.max(0, all.length - mostWaiting);
      if (dropped > 0) log("trace.dropped", { spans: dropped });
      waiting = all.slice(dropped);
      worker.start();
    },
    settled: worker.settled,
  };
}
