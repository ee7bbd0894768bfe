import type { TimedStep } from "../../protocol/documents.ts";
import { type ReleaseName, releaseId } from "../../protocol/releases.ts";
import { type Span, spanBefore, spanIdBefore } from "../../protocol/trace/spans.ts";
import {
  formatTraceparent,
  parseTraceparent,
  traceIdOf,
} from "../../protocol/trace/traceparent.ts";

/** A build and its upload, with the times that their spans need. */
export interface PushTimes {
  readonly buildStarted: Date;
  readonly uploadStarted: Date;
}

/** A push as its trace sees it. */
export interface Pushed {
  readonly cluster: string;
  readonly build: ReleaseName;
  readonly times: PushTimes;
  /** `traceparent` of what started this program, as a workflow step has it; undefined for none. */
  readonly parent: string | undefined;
}

/** The metadata with which a build's trace goes on, where it ends nowhere. */
export function traceMetadata(
  { build, times, parent }: Pushed,
  isTold: boolean,
): Record<string, string> {
  const traceparent = isTold ? formatTraceparent(buildContext({ build, times, parent })) : parent;
  return {
    "build-started": times.buildStarted.toISOString(),
    "upload-started": times.uploadStarted.toISOString(),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** The spans of a build and its upload. @param error why the upload failed. */
export function pushSpans(pushed: Pushed, uploaded: Date, error?: string): Span[] {
  const { cluster, build, times, parent } = pushed;
  const { service, sequence, commit } = build;
  const of = { cluster, service, release: { id: releaseId(build), sequence, commit } };
  const { traceId, spanId } = buildContext(pushed);
  const above = parent === undefined ? undefined : parseTraceparent(parent).spanId;
  const { buildStarted, uploadStarted } = times;
  const upload = between(uploadStarted, uploaded);
  return [
    spanBefore(of, { traceId, parentId: above }, "build", between(buildStarted, uploadStarted)),
    spanBefore(of, { traceId, parentId: spanId }, "upload", {
      ...upload,
      ...(error === undefined ? {} : { error }),
    }),
  ];
}

/** The build's own span: in the trace of what started it, or in a new one. */
function buildContext({ build, times, parent }: Pick<Pushed, "build" | "times" | "parent">) {
  const { service, sequence, commit } = build;
  const traceId =
    parent === undefined
      ? traceIdOf("build", service, sequence, commit, times.uploadStarted.getTime())
      : parseTraceparent(parent).traceId;
  return { traceId, spanId: spanIdBefore(traceId, { service, release: { sequence } }, "build") };
}

const between = (from: Date, to: Date): Pick<TimedStep, "at" | "ms"> => ({
  at: from.toISOString(),
  ms: Math.max(0, to.getTime() - from.getTime()),
});
