import type { TimedStep } from "../../protocol/documents.ts";
import {
  formatTraceparent,
  parentIdOf,
  parseTraceparent,
  traceIdOf,
} from "../../protocol/traceparent.ts";
import { ownAttribute } from "../../trace/attributes.ts";
import { type Span, spanBefore, spanIdBefore } from "../../trace/spans.ts";
import type { BuiltRelease, Upload } from "./upload.ts";

/** Collects the function's spans. */
export interface Tracing {
  readonly cluster: string;
  /** Never throws and never waits. */
  readonly addSpan: (span: Span) => void;
}

/** The steps before a deploy, from the upload's metadata, S3 and the clock. */
export function stepsBefore({ metadata }: BuiltRelease, uploadedAt: Date, now: Date): TimedStep[] {
  const { "build-started": build, "upload-started": upload } = metadata;
  return [
    ...(build && upload ? [between("build", new Date(build), new Date(upload))] : []),
    ...(upload ? [between("upload", new Date(upload), uploadedAt)] : []),
    announceStep(uploadedAt, now),
  ];
}

/** Starts at S3's event, so that it includes the time in the queue. */
const announceStep = (uploadedAt: Date, now: Date) => between("announce", uploadedAt, now);

/** These times come from several clocks: a step that seems to end before it began took no time. */
const between = (step: string, from: Date, to: Date): TimedStep => ({
  step,
  at: from.toISOString(),
  ms: Math.max(0, to.getTime() - from.getTime()),
});

/**
 * The parent of the deploy's spans: the function's own span if that is collected, otherwise the
 * build's; undefined if the upload came without one.
 */
export function traceparentOf(tracing: Tracing | undefined, built: BuiltRelease) {
  if (!tracing) return built.metadata.traceparent;
  const { traceId } = contextOf(built);
  const spanId = spanIdBefore(traceId, built, "announce");
  return formatTraceparent({ traceId, spanId, isSampled: true });
}

/** The span of an upload that became a deploy, or was refused. */
export function announceSpan(
  { cluster }: Tracing,
  upload: Upload,
  built: BuiltRelease,
  now: Date,
  refused?: string,
): Span {
  return spanBefore(
    { cluster, ...built },
    contextOf(built),
    "announce",
    announceStep(upload.at, now),
    refused === undefined ? {} : { [ownAttribute.refused]: refused },
  );
}

/** The build's trace; an upload without one gets its own. */
function contextOf({ service, release, metadata }: BuiltRelease) {
  if (metadata.traceparent === undefined) {
    return { traceId: traceIdOf("upload", service, release.sequence, release.versionId) };
  }
  const context = parseTraceparent(metadata.traceparent);
  return { traceId: context.traceId, parentId: parentIdOf(context) };
}
