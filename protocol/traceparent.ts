import { createHash } from "node:crypto";
import type { Deploy } from "./documents.ts";

/** A place in a trace: what W3C's `traceparent` says of one. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether a collector is told of this span; else it is nobody's parent. */
  readonly isTold: boolean;
}

/** @param traceparent as the schema `Traceparent` has it. */
export function parseTraceparent(traceparent: string): SpanContext {
  const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
  return { traceId, spanId, isTold: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Told and not told are W3C's flag "sampled". */
export const formatTraceparent = ({ traceId, spanId, isTold }: SpanContext) =>
  `00-${traceId}-${spanId}-${isTold ? "01" : "00"}`;

/** The parent of what goes on in a trace; undefined where its next span is the root. */
export const parentIdOf = ({ spanId, isTold }: SpanContext) => (isTold ? spanId : undefined);

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
  return formatTraceparent({ traceId, spanId: rolloutSpanId(traceId, deploy), isTold: true });
}

/** A deploy's trace, and the span that its rollout is a child of; none where it is the root. */
export function traceOf(deploy: Traced & Pick<Deploy, "traceparent">): {
  readonly traceId: string;
  readonly parentId: string | undefined;
} {
  const context = parseTraceparent(deploy.traceparent ?? ownTraceparent(deploy));
  const { traceId, spanId } = context;
  const isOwn = spanId === rolloutSpanId(traceId, deploy);
  return { traceId, parentId: isOwn ? undefined : parentIdOf(context) };
}

/** JSON: `["a", "bc"]` and `["ab", "c"]` differ. */
const digest = (what: readonly (string | number)[]) =>
  createHash("sha256").update(JSON.stringify(what)).digest("hex");
