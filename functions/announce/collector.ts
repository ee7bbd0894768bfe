import { setTimeout } from "node:timers/promises";
import { parseJson } from "../../lib/json.ts";
import { describe } from "../../lib/problem.ts";
import { resolvedHeaders, TraceTarget } from "../../protocol/trace-target.ts";
import type { Span } from "../../trace/spans.ts";
import type { Log } from "./respond.ts";

/**
 * Buffers spans and sends them to a collector between two events, after the deploys are written.
 */
export interface Collector {
  add(span: Span): void;
  /** Sends the buffered spans. Takes at most `longestMs`, and rarely that; never rejects. */
  flush(): Promise<void>;
}

/** The longest time that a collector can delay a response of the function. */
const longestMs = 1500;

/** A collector that failed is left alone for this long: the next deploys must not wait for it. */
const pauseMs = 60_000;

/**
 * @param text the environment's `TRACE`: a `TraceTarget` as JSON.
 * @param readSecret resolves a header's reference; called once if it succeeds.
 */
export function collectorAt(
  text: string,
  readSecret: (reference: string) => Promise<string>,
  log: Log,
  now: () => number = Date.now,
): Collector {
  let headers: Promise<Record<string, string>> | undefined;
  let waiting: Span[] = [];
  let silentUntil = 0;

  const send = async (spans: readonly Span[]) => {
    // Parsed here, where an error is logged and fails no deploy.
    const target = TraceTarget.parse(parseJson(text));
    headers ??= resolvedHeaders(target.headers, readSecret);
    // Loaded with the first span: a function without a collector never loads it.
    const { exportSpans } = await import("../../trace/export.ts");
    const { endpoint } = target;
    await exportSpans(spans, { endpoint, headers: await headers, timeoutMs: longestMs });
  };

  return {
    add: (span) => void waiting.push(span),
    async flush() {
      const spans = waiting;
      waiting = [];
      if (spans.length === 0 || now() < silentUntil) return;
      const late = new AbortController();
      try {
        await Promise.race([
          send(spans),
          setTimeout(longestMs, undefined, late).then(() => {
            throw new Error(`it took more than ${longestMs} ms`);
          }),
        ]);
      } catch (error) {
        silentUntil = now() + pauseMs;
        headers = undefined; // a key may have been replaced
        log("trace.failed", { spans: spans.length, error: describe(error) });
      } finally {
        late.abort();
      }
    },
  };
}
