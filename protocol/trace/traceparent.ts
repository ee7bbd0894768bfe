import { createHash } from "node:crypto";
import type { Deploy } from "../documents.ts";

/** A place in a trace: what W3C's `traceparent` says of one. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** @param traceparent as the schema `Traceparent` has it. */
export function parseTraceparent(traceparent: string): SpanContext {
  const [, traceId = "", spanId = ""] = traceparent.split("-");
  return { traceId, spanId };
}

/** Always sampled: a deploy is rare, and each is wanted. */
export const formatTraceparent = ({ traceId, spanId }: SpanContext) => `00-${traceId}-${spanId}-01`;

/**
 * The id of a span, made from what it is of. Whoever tells of the same thing means the same span,
 * so that programs which never meet agree on a parent.
 */
export const spanIdOf = (traceId: string, ...what: readonly (string | number)[]) =>
  digest([traceId, ...what]).slice(0, 16);

/** The id of a trace that begins with a thing, made from it. */
export const traceIdOf = (...what: readonly (string | number)[]) => digest(what).slice(0, 32);

/** The span of a deploy's rollout. */
export const rolloutSpanId = (
  traceId: string,
  { service, revision }: Pick<Deploy, "service" | "revision">,
) => spanIdOf(traceId, "rollout", service, revision);

/** What a deploy's own trace is made from. */
type Traced = Pick<Deploy, "service" | "revision" | "at" | "release">;

/**
 * The trace of a deploy that no build began, such as a restart: its rollout is the root, which is
 * said by naming the rollout's own span.
 */
export function ownTraceparent(deploy: Traced): string {
  const { service, revision, at, release } = deploy;
  const traceId = traceIdOf("deploy", service, revision, at, release.versionId);
  return formatTraceparent({ traceId, spanId: rolloutSpanId(traceId, deploy) });
}

/** A deploy's trace, and the span that its rollout is a child of; none where it is the root. */
export function traceOf(deploy: Traced & Pick<Deploy, "traceparent">): {
  readonly traceId: string;
  readonly parentId: string | undefined;
} {
  const { traceId, spanId } = parseTraceparent(deploy.traceparent ?? ownTraceparent(deploy));
  return { traceId, parentId: spanId === rolloutSpanId(traceId, deploy) ? undefined : spanId };
}

/** JSON: `["a", "bc"]` and `["ab", "c"]` differ. */
const digest = (what: readonly (string | number)[]) =>
  createHash("sha256").update(JSON.stringify(what)).digest("hex");
