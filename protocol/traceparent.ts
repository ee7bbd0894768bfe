import { createHash } from "node:crypto";
import type { Deploy } from "./documents.ts";

/** A position in a trace, from W3C's `traceparent`. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether a collector gets this span; otherwise no span has it as its parent. */
  readonly isSampled: boolean;
}

/** @param traceparent in the form of the schema `Traceparent`. */
export function parseTraceparent(traceparent: string): SpanContext {
  const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** `isSampled` is W3C's flag "sampled". */
export const formatTraceparent = ({ traceId, spanId, isSampled }: SpanContext) =>
  `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;

/** The parent of the next span in a trace; undefined if that span is the root. */
export const parentIdOf = ({ spanId, isSampled }: SpanContext) => (isSampled ? spanId : undefined);

/**
 * The id of a span, derived from its subject. Programs that never meet give the same subject the
 * same id, and so agree on a parent.
 */
export const spanIdOf = (traceId: string, ...what: readonly (string | number)[]) =>
  digest([traceId, ...what]).slice(0, 16);

/** The id of a trace, derived from the subject that begins it. */
export const traceIdOf = (...what: readonly (string | number)[]) => digest(what).slice(0, 32);

/** The span of a deploy's rollout. */
export const rolloutSpanId = (
  traceId: string,
  { service, revision }: Pick<Deploy, "service" | "revision">,
) => spanIdOf(traceId, "rollout", service, revision);

/** The fields that the id of a deploy's own trace is derived from. */
type Traced = Pick<Deploy, "service" | "revision" | "at" | "release">;

/**
 * The trace of a deploy that no build began, such as a restart. It names the rollout's own span,
 * which makes the rollout the root.
 */
export function ownTraceparent(deploy: Traced): string {
  const { service, revision, at, release } = deploy;
  const traceId = traceIdOf("deploy", service, revision, at, release.versionId);
  return formatTraceparent({ traceId, spanId: rolloutSpanId(traceId, deploy), isSampled: true });
}

/** A deploy's trace, and the parent of its rollout's span; undefined if the rollout is the root. */
export function traceOf(deploy: Traced & Pick<Deploy, "traceparent">): {
  readonly traceId: string;
  readonly parentId: string | undefined;
} {
  const context = parseTraceparent(deploy.traceparent ?? ownTraceparent(deploy));
  const { traceId, spanId } = context;
  const isOwn = spanId === rolloutSpanId(traceId, deploy);
  return { traceId, parentId: isOwn ? undefined : parentIdOf(context) };
}

/** Uses JSON because `["a", "bc"]` and `["ab", "c"]` must differ. */
const digest = (what: readonly (string | number)[]) =>
  createHash("sha256").update(JSON.stringify(what)).digest("hex");
