import { resolvedHeaders, type TraceTarget } from "../../protocol/trace-target.ts";
import { exportSpans } from "../../trace/export.ts";
import type { Span } from "../../trace/spans.ts";
import { collectorMs } from "../trace/limits.ts";
import { readSecret } from "./secrets.ts";

/** The input of the child that sends spans. */
export interface SendContext {
  readonly spans: readonly Span[];
  readonly target: TraceTarget;
}

/** Runs in a child, so that OpenTelemetry's SDK leaves memory again. @throws Error saying why. */
export async function sendSpans({ spans, target }: SendContext): Promise<void> {
  const { endpoint } = target;
  const headers = await resolvedHeaders(target.headers, readSecret);
  await exportSpans(spans, { endpoint, headers, timeoutMs: collectorMs });
}
