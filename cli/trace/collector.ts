import { describe } from "../../lib/problem.ts";
import { Traceparent } from "../../protocol/artifact.ts";
import type { Span } from "../../trace/spans.ts";

/** The export of a command's own spans. */
export interface Tracing {
  /**
   * `TRACEPARENT`: the span of the build that this program is a part of; the program exports it.
   */
  readonly traceparent: string | undefined;
  /** Sends spans: never rejects, and takes at most two seconds. Undefined without a collector. */
  readonly exportSpans: ((spans: readonly Span[]) => Promise<void>) | undefined;
}

/** Longest wait for a collector, in milliseconds: the deploy has begun already. */
const longestMs = 2000;

/**
 * Reads OpenTelemetry's own variables: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`
 * (which the SDK reads itself) and `TRACEPARENT`.
 *
 * @param say prints one line where the collector did not accept the spans.
 */
export function tracingOf(env: NodeJS.ProcessEnv, say: (line: string) => void): Tracing {
  const traceparent = Traceparent.safeParse(env.TRACEPARENT).data;
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return { traceparent, exportSpans: undefined };
  return {
    traceparent,
    async exportSpans(spans) {
      try {
        // Loaded here: few commands export spans.
        const { exportSpans } = await import("../../trace/export.ts");
        await exportSpans(spans, { endpoint, headers: {}, timeoutMs: longestMs });
      } catch (error) {
        say(`the trace is not complete: ${describe(error)}`);
      }
    },
  };
}
