import { type InstanceRollout, rolledAt, type TimedStep } from "../protocol/documents.ts";
import type { PastDeploy } from "../protocol/history.ts";
import { type Part, parts, type Span, shareWallTime } from "./wall-time.ts";

/** The parts of a deploy's time, in seconds, in the order of a roll; empty before it ended. */
export function partsOf({ deploy, rollout, instances }: PastDeploy) {
  const until = rollout && rolledAt(rollout);
  if (until === undefined) return [];
  const spans = instances.flatMap(spansOf);
  const shares = shareWallTime(spans, Date.parse(deploy.at), Date.parse(until));
  return parts.flatMap((part) => {
    const ms = shares.get(part) ?? 0;
    return ms > 0 ? [{ part, seconds: ms / 1000 }] : [];
  });
}

/** Whether the instances that began recorded their steps; older agents do not. */
export function bySteps({ instances }: PastDeploy): boolean {
  const begun = instances.filter(({ startedAt }) => startedAt !== undefined);
  return begun.length > 0 && begun.every((one) => processSteps(one).length > 0);
}

/**
 * The sum of stop, start and probe of every process: the least time in which one process at a time
 * can be deployed. Undefined where an instance did not record its steps.
 */
export function oneByOneSeconds(past: PastDeploy): number | undefined {
  if (!bySteps(past)) return undefined;
  const needed = past.instances
    .flatMap(processSteps)
    .filter(({ step }) => ["stop", "start", "probe"].includes(step));
  return needed.reduce((sum, { ms }) => sum + ms, 0) / 1000;
}

const processSteps = ({ processes }: InstanceRollout): TimedStep[] =>
  Object.values(processes).flatMap(({ steps = [] }) => steps);

/** Maps timed steps to parts; a step of another name is `roll`. */
const partOfStep: Readonly<Record<string, Part>> = {
  prepare: "prepare",
  slot: "wait",
  close: "drain",
  drain: "drain",
  stop: "stop",
  stage: "start",
  start: "start",
  probe: "probe",
  open: "probe",
  undo: "undo",
};

function spansOf(instance: InstanceRollout): Span[] {
  const timed = [...(instance.steps ?? []), ...processSteps(instance)];
  return [
    ...timed.map(({ step, at, ms }) => ({
      part: partOfStep[step] ?? "roll",
      from: Date.parse(at),
      to: Date.parse(at) + ms,
    })),
    ...(processSteps(instance).length > 0 ? [] : spansOfTimes(instance)),
  ];
}

/** Derives spans from an instance's own times where it recorded no steps. */
function spansOfTimes({ seenAt, startedAt, servedAt, endedAt }: InstanceRollout): Span[] {
  const span = (part: Part, from: string | undefined, to: string | undefined): Span[] =>
    from === undefined || to === undefined
      ? []
      : [{ part, from: Date.parse(from), to: Date.parse(to) }];
  return [
    ...span("prepare", seenAt, startedAt),
    ...span("roll", startedAt, servedAt ?? endedAt),
    // After everything serves, only the old processes drain.
    ...span("drain", servedAt, endedAt),
  ];
}
