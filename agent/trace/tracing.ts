import { backgroundWorker } from "../../lib/background-worker.ts";
import { describe } from "../../lib/problem.ts";
import type { Span } from "../../trace/spans.ts";
import type { Clock, Log } from "../core/effects.ts";

/** Sends the agent's spans to the cluster's collector. */
export interface Tracing {
  /** Sends spans later, fire-and-forget: no deploy depends on it. Never throws. */
  export(spans: readonly Span[]): void;
  /** Resolves when all spans are sent or given up. */
  settled(): Promise<void>;
}

/** Tracing of a cluster without a collector. */
export const noTracing: Tracing = { export: () => {}, settled: async () => {} };

/** Gathers the spans of a roll's end into one batch, after the slot was released. */
const gatherMs = 1000;

/** Most spans that wait while a collector takes none, about a megabyte. The oldest go first. */
const mostWaiting = 1000;

/** @param send takes one batch at a time; it must resolve or reject. */
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
    export(spans) {
      const all = [...waiting, ...spans];
      const dropped = Math.max(0, all.length - mostWaiting);
      if (dropped > 0) log("trace.dropped", { spans: dropped });
      waiting = all.slice(dropped);
      worker.start();
    },
    settled: worker.settled,
  };
}
