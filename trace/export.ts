import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type TimeInput, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { groupBy } from "../lib/group-by.ts";
import { tracesUrl } from "../protocol/trace-target.ts";
import { attribute } from "./attributes.ts";
import type { Span } from "./spans.ts";

/** The target of spans, with every secret in clear: it is made just before the call. */
export interface Collector {
  /** OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** From the first try to giving up, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends spans with OpenTelemetry's SDK, as OTLP in JSON. Keeps nothing: spans that a collector does
 * not accept in time are lost.
 *
 * @throws Error with the reason, never with a header in it.
 */
export async function exportSpans(spans: readonly Span[], to: Collector): Promise<void> {
  const { endpoint, headers, timeoutMs } = to;
  const exporter = new OTLPTraceExporter({
    url: tracesUrl(endpoint),
    headers: { ...headers },
    timeoutMillis: timeoutMs,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      new Promise<void>((resolve, reject) => {
        exporter.export(readableSpans(spans), ({ code, error }) =>
          code === 0
            ? resolve()
            : reject(new Error(`the collector took nothing: ${error?.message}`)),
        );
      }),
      // The exporter's own limit counts silence: a collector that trickles would hold it.
      new Promise<never>((_, reject) => {
        const late = new Error(`the collector did not answer within ${timeoutMs} ms`);
        timer = setTimeout(() => reject(late), timeoutMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    // The exporter waits for its requests in flight; this call does not.
    exporter.shutdown().catch(() => {});
  }
}

/** The spans as the SDK represents them after their end. */
function readableSpans(spans: readonly Span[]): ReadableSpan[] {
  const ended: ReadableSpan[] = [];
  for (const ofOne of byResource(spans)) {
    let current = ofOne[0] as Span;
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes(current.resource),
      // Set here and not read from the environment: its variables may configure a build's or a
      // service's traces.
      sampler: new AlwaysOnSampler(),
      idGenerator: {
        generateTraceId: () => current.traceId,
        generateSpanId: () => current.spanId,
      },
      spanProcessors: [keepIn(ended)],
    });
    const tracer = provider.getTracer("shoestring");
    for (const span of ofOne) {
      current = span;
      const made = tracer.startSpan(
        span.name,
        { kind: SpanKind.INTERNAL, attributes: span.attributes, startTime: time(span.startMs) },
        contextOf(span),
      );
      if (span.error !== undefined) {
        made.setStatus({ code: SpanStatusCode.ERROR, message: span.error });
        const fields = { [attribute.exceptionMessage]: span.error };
        made.addEvent("exception", fields, time(span.endMs));
      }
      made.end(time(span.endMs));
    }
  }
  return ended;
}

const byResource = (spans: readonly Span[]): Span[][] => [
  ...groupBy(spans, ({ resource }) => JSON.stringify(resource)).values(),
];

function contextOf({ traceId, parentId }: Span) {
  if (parentId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parentId,
    traceFlags: 1,
    isRemote: true,
  });
}

/** Seconds and nanoseconds: a bare number may also mean one since the program began. */
const time = (ms: number): TimeInput => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

const keepIn = (ended: ReadableSpan[]): SpanProcessor => ({
  onStart: () => {},
  onEnd: (span) => void ended.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
});
