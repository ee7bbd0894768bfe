import type { Deploy, InstanceRollout, Rollout, TimedStep } from "../protocol/documents.ts";
import { rolloutSpanId, spanIdOf, traceOf } from "../protocol/traceparent.ts";
import { attribute, ownAttribute } from "./attributes.ts";

export type Attributes = Readonly<Record<string, string | number>>;

/** One span, as data. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent for the trace's root. */
  readonly parentId?: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** The subject of the span: the deployed service, its release, its host. */
  readonly resource: Attributes;
  readonly attributes: Attributes;
  /** Why it failed; absent if it did not. */
  readonly error?: string;
}

/** A release on its way to a cluster. */
export interface Travelling {
  readonly cluster: string;
  readonly service: string;
  readonly release: Pick<Deploy["release"], "id" | "sequence" | "commit">;
}

/** The steps before a deploy, in this order. */
export type StepBefore = "build" | "upload" | "announce";

/** The span of a step before the deploy: a trace has one of each. */
export function spanBefore(
  of: Travelling,
  context: { readonly traceId: string; readonly parentId?: string | undefined },
  name: StepBefore,
  { at, ms, error }: Pick<TimedStep, "at" | "ms" | "error">,
  attributes: Attributes = {},
): Span {
  const { service, release } = of;
  const { traceId, parentId } = context;
  return {
    traceId,
    spanId: spanIdBefore(traceId, of, name),
    ...(parentId === undefined ? {} : { parentId }),
    name,
    ...timesOf({ at, ms }),
    resource: resourceOf(of, service),
    attributes: {
      [attribute.deploymentName]: release.id,
      [attribute.commit]: release.commit,
      ...attributes,
    },
    ...failedBy(error),
  };
}

/** The id of the span of a step before the deploy. */
export const spanIdBefore = (
  traceId: string,
  { service, release }: Pick<Travelling, "service"> & { readonly release: { sequence: number } },
  name: StepBefore,
) => spanIdOf(traceId, name, service, release.sequence);

/**
 * The span of a rollout. It starts when the deploy was written, so that it includes the waiting.
 *
 * @param error why it failed, if the caller knows.
 */
export function rolloutSpan(
  cluster: string,
  deploy: Deploy,
  rollout: Pick<Rollout, "phase" | "servedAt" | "endedAt">,
  error?: string,
): Span {
  const { service } = deploy;
  const { traceId, parentId } = traceOf(deploy);
  const isFailed = rollout.phase === "failed";
  const status = isFailed ? "failed" : "succeeded";
  return {
    traceId,
    spanId: rolloutSpanId(traceId, deploy),
    ...(parentId === undefined ? {} : { parentId }),
    name: "rollout",
    startMs: Date.parse(deploy.at),
    endMs: Date.parse(rollout.endedAt ?? deploy.at),
    resource: resourceOf({ cluster, ...deploy }, service),
    attributes: {
      ...deploymentOf(deploy),
      ...(isFailed || rollout.phase === "done" ? { [attribute.deploymentStatus]: status } : {}),
      [ownAttribute.phase]: rollout.phase,
      ...(rollout.servedAt === undefined ? {} : { [ownAttribute.served]: rollout.servedAt }),
    },
    ...failedBy(isFailed ? (error ?? "an instance failed") : undefined),
  };
}

/** The span of a rollout, and its watch as a child if it served and has ended. */
export function rolloutSpans(...of: Parameters<typeof rolloutSpan>): Span[] {
  const [, deploy, { servedAt, endedAt }] = of;
  const rollout = rolloutSpan(...of);
  if (servedAt === undefined || endedAt === undefined) return [rollout];
  const { traceId, spanId, resource, endMs } = rollout;
  const watch: Span = {
    ...{ traceId, resource, endMs },
    spanId: spanIdOf(traceId, "watch", deploy.service, deploy.revision, deploy.at),
    parentId: spanId,
    name: "watch",
    startMs: Date.parse(servedAt),
    attributes: deploymentOf(deploy),
  };
  return [rollout, watch];
}

/** The spans of one instance's roll: the roll, its steps, its processes and their steps. */
export function rollSpans(cluster: string, deploy: Deploy, report: InstanceRollout): Span[] {
  const { traceId } = traceOf(deploy);
  const { service, revision } = deploy;
  const { instance, steps = [] } = report;
  const resource = {
    ...resourceOf({ cluster, ...deploy }, service),
    [attribute.hostName]: instance,
  };
  const id = (...what: readonly (string | number)[]) =>
    spanIdOf(traceId, "roll", service, revision, instance, report.seenAt, ...what);
  const common = { traceId, resource };
  const span = (name: string, spanId: string, parentId: string, attributes: Attributes) => ({
    ...common,
    name,
    spanId,
    parentId,
    attributes: { ...deploymentOf(deploy), ...attributes },
  });
  const stepSpan = (step: TimedStep, spanId: string, parentId: string, attributes: Attributes) => ({
    ...span(step.step, spanId, parentId, attributes),
    ...timesOf(step),
    ...failedBy(step.error),
  });

  const processes = Object.entries(report.processes).flatMap(([n, process]): Span[] => {
    const its = process.steps ?? [];
    if (its.length === 0) return [];
    const attributes = processAttributes(instance, n);
    return [
      {
        ...span("process", id("process", n), id(), attributes),
        ...around(its.map(timesOf)),
        ...failedBy(process.error),
      },
      ...its.map((step, i) => stepSpan(step, id("process", n, i), id("process", n), attributes)),
    ];
  });
  const own = steps.map((step, i) => stepSpan(step, id("step", i), id(), {}));
  const seen = Date.parse(report.seenAt);
  const until = around([{ startMs: seen, endMs: seen }, ...own, ...processes]).endMs;
  const roll: Span = {
    ...span("roll", id(), rolloutSpanId(traceId, deploy), {
      [ownAttribute.phase]: report.phase,
      [ownAttribute.cut]: report.connectionsCut,
    }),
    startMs: seen,
    endMs: report.endedAt === undefined ? until : Date.parse(report.endedAt),
    ...failedBy(report.phase === "failed" ? (report.error ?? "failed") : undefined),
  };
  return [roll, ...own, ...processes];
}

/** The spans of the steps before a deploy that its document has. */
export function spansBefore(cluster: string, deploy: Deploy): Span[] {
  const { traceId } = traceOf(deploy);
  const of = { cluster, ...deploy };
  return (deploy.steps ?? []).flatMap((step): Span[] => {
    if (step.step === "build") return [spanBefore(of, { traceId }, "build", step)];
    if (step.step !== "upload" && step.step !== "announce") return [];
    const parentId = spanIdBefore(traceId, of, "build");
    return [spanBefore(of, { traceId, parentId }, step.step, step)];
  });
}

const resourceOf = (
  { cluster, release }: Pick<Travelling, "cluster" | "release">,
  service: string,
) => ({
  [attribute.serviceName]: service,
  [attribute.serviceVersion]: release.id,
  [attribute.environment]: cluster,
});

const deploymentOf = ({ service, revision, release, kind }: Deploy): Attributes => ({
  [attribute.deploymentId]: `${service}/${revision}`,
  [attribute.deploymentName]: release.id,
  [attribute.commit]: release.commit,
  [ownAttribute.kind]: kind,
});

const processAttributes = (instance: string, n: string): Attributes => ({
  [attribute.serviceInstance]: `${instance}/${n}`,
  [ownAttribute.process]: Number(n),
});

const failedBy = (error: string | undefined) => (error === undefined ? {} : { error });

function timesOf({ at, ms }: Pick<TimedStep, "at" | "ms">) {
  const startMs = Date.parse(at);
  return { startMs, endMs: startMs + ms };
}

function around(spans: readonly Pick<Span, "startMs" | "endMs">[]) {
  return {
    startMs: Math.min(...spans.map(({ startMs }) => startMs)),
    endMs: Math.max(...spans.map(({ endMs }) => endMs)),
  };
}
