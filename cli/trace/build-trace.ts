import type { TimedStep } from "../../protocol/documents.ts";
import { type ReleaseName, releaseId } from "../../protocol/releases.ts";
import {
  formatTraceparent,
  parseTraceparent,
  type SpanContext,
  traceIdOf,
} from "../../protocol/traceparent.ts";
import { type Span, spanBefore, spanIdBefore } from "../../trace/spans.ts";

/** The parts of a push that its trace shows. */
export interface Pushed {
  readonly cluster: string;
  readonly build: ReleaseName;
  readonly buildStarted: Date;
  /** The time when the build was over and its upload began. */
  readonly uploadStarted: Date;
  /** The build's span, where a workflow's first step has chosen it. */
  readonly traceparent: string | undefined;
  /** Whether the build and its upload are exported to a collector. */
  readonly isSampled: boolean;
}

/** The metadata that connects a deploy to its build's trace. */
export function traceMetadata(pushed: Pushed): Record<string, string> {
  const { buildStarted, uploadStarted } = pushed;
  return {
    "build-started": buildStarted.toISOString(),
    "upload-started": uploadStarted.toISOString(),
    traceparent: formatTraceparent(buildContext(pushed)),
  };
}

/** The spans of a build and its upload. @param error why the upload failed. */
export function pushSpans(pushed: Pushed, uploaded: Date, error?: string): Span[] {
  const { cluster, build, buildStarted, uploadStarted } = pushed;
  const { service, sequence, commit } = build;
  const of = { cluster, service, release: { id: releaseId(build), sequence, commit } };
  const { traceId, spanId } = buildContext(pushed);
  const upload = between(uploadStarted, uploaded);
  return [
    { ...spanBefore(of, { traceId }, "build", between(buildStarted, uploadStarted)), spanId },
    spanBefore(of, { traceId, parentId: spanId }, "upload", {
      ...upload,
      ...(error === undefined ? {} : { error }),
    }),
  ];
}

function buildContext({ build, uploadStarted, traceparent, isSampled }: Pushed): SpanContext {
  if (traceparent !== undefined) return { ...parseTraceparent(traceparent), isSampled };
  const { service, sequence, commit } = build;
  const traceId = traceIdOf("build", service, sequence, commit, uploadStarted.getTime());
  const spanId = spanIdBefore(traceId, { service, release: { sequence } }, "build");
  return { traceId, spanId, isSampled };
}

const between = (from: Date, to: Date): Pick<TimedStep, "at" | "ms"> => ({
  at: from.toISOString(),
  ms: Math.max(0, to.getTime() - from.getTime()),
});
