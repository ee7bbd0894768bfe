import { timeOfDay } from "../../lib/time-of-day.ts";
import type { Deploy, InstanceRollout, Pause, RolloutPhase } from "../../protocol/documents.ts";
import { killedLines } from "../../protocol/killed.ts";
import { awaitedBy, type Progress } from "../../protocol/status.ts";
import { type Drained, drainedLine } from "./drained.ts";
import { type Count, countProcesses } from "./progress.ts";

/** A snapshot of a rollout, for a person who follows it. */
export interface Seen {
  readonly progress: Progress;
  /** The number of instances of the service. */
  readonly registered: number;
  readonly pause: Pause | undefined;
  /** Drained instances of the service. */
  readonly drained: readonly Drained[];
}

/** One change of a rollout that is shown to people. */
export type RolloutEvent =
  | {
      readonly event: "rollout";
      readonly phase: RolloutPhase | "announced";
      /** The time since which everything serves, where it does. */
      readonly servedAt?: string;
      /** The end of the watch, while it lasts. */
      readonly watchedUntil?: string;
    }
  | {
      readonly event: "instance";
      readonly instance: string;
      readonly phase: InstanceRollout["phase"];
      readonly error?: string;
      /** The reason for the wait, where it is known yet. */
      readonly waitsFor?: string;
    }
  | {
      readonly event: "killed";
      readonly instance: string;
      /** Processes that had to be killed at their stop until now. */
      readonly killed: number;
      readonly killedAfterSeconds?: number;
    }
  | { readonly event: "paused"; readonly by: string; readonly reason: string }
  | { readonly event: "resumed" }
  | ({ readonly event: "drained" } & Omit<Drained, "at">)
  | { readonly event: "undrained"; readonly instance: string };

/** The changes between two snapshots, in the order in which they are shown. */
export function eventsBetween(before: Seen | undefined, now: Seen): RolloutEvent[] {
  const phaseOf = (seen: Seen) => seen.progress.rollout?.phase ?? "announced";
  const events: RolloutEvent[] = [];
  const pause = now.pause;
  if (pause && pause.at !== before?.pause?.at) {
    events.push({ event: "paused", by: pause.by, reason: pause.reason });
  }
  if (!pause && before?.pause) events.push({ event: "resumed" });
  const has = (seen: Seen | undefined, { instance, at }: Drained) =>
    seen?.drained.some((it) => it.instance === instance && it.at === at) === true;
  for (const drain of now.drained) {
    const { at: _, ...drained } = drain;
    if (!has(before, drain)) events.push({ event: "drained", ...drained });
  }
  for (const { instance } of before?.drained ?? []) {
    if (!now.drained.some((it) => it.instance === instance)) {
      events.push({ event: "undrained", instance });
    }
  }
  // A reason that several instances share is shown once.
  const awaited = new Set(before?.progress.instances.map(awaitedBy));
  for (const report of now.progress.instances) {
    const { instance, phase, error } = report;
    const last = before?.progress.instances.find((it) => it.instance === instance);
    const waitsFor = awaitedBy(report);
    const isNews = waitsFor !== undefined && !awaited.has(waitsFor);
    events.push(...killedEvents(last, report));
    if (last?.phase === phase && !isNews) continue;
    if (isNews) awaited.add(waitsFor);
    events.push({
      event: "instance",
      instance,
      phase,
      ...(error === undefined ? {} : { error }),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    });
  }
  // Last: the instances' changes are the reason why the rollout ended.
  const phase = phaseOf(now);
  const rollout: RolloutEvent = { event: "rollout", phase, ...watchOf(now) };
  if (before === undefined || phaseOf(before) !== phase) {
    if (isOver(phase)) events.push(rollout);
    else events.unshift(rollout);
  }
  return events;
}

/** A process that was killed since the last snapshot. */
function killedEvents(
  before: InstanceRollout | undefined,
  { instance, killed = 0, killedAfterSeconds }: InstanceRollout,
): RolloutEvent[] {
  if (killed <= (before?.killed ?? 0)) return [];
  const after = killedAfterSeconds === undefined ? {} : { killedAfterSeconds };
  return [{ event: "killed", instance, killed, ...after }];
}

function watchOf({ progress: { rollout } }: Seen) {
  const { phase, servedAt, watchedUntil } = rollout ?? {};
  return {
    ...(servedAt === undefined ? {} : { servedAt }),
    ...(phase !== "watching" || watchedUntil === undefined ? {} : { watchedUntil }),
  };
}

/** Whether a rollout goes no further by itself. */
export const isOver = (phase: RolloutPhase | "announced"): boolean =>
  phase === "done" || phase === "failed" || phase === "halted";

/** Formats an event as a line; its subject comes first. */
export function lineOf(deploy: Deploy, event: RolloutEvent): string {
  const { kind, revision, release } = deploy;
  switch (event.event) {
    case "rollout":
      return `${release.id} (${kind}, revision ${revision}): ${describeRollout(deploy, event)}`;
    case "instance":
      return [
        `${event.instance}: ${event.phase}`,
        ...(event.waitsFor === undefined ? [] : [` for ${event.waitsFor}`]),
        ...(event.error === undefined ? [] : [`: ${event.error}`]),
      ].join("");
    case "killed":
      return killedLines([event]).join();
    case "paused":
      return `paused by ${event.by}: ${event.reason}`;
    case "resumed":
      return "resumed";
    case "drained":
      return `${drainedLine(event)} (it counts as unavailable)`;
    case "undrained":
      return `${event.instance} is drained no more`;
  }
}

/** Counts the processes of a snapshot. */
export const countOf = (deploy: Deploy, { progress, registered }: Seen): Count =>
  countProcesses(deploy, progress, registered);

function describeRollout(
  { at }: Deploy,
  { phase, servedAt, watchedUntil }: RolloutEvent & { event: "rollout" },
): string {
  if (phase !== "watching" || servedAt === undefined) return phase;
  const seconds = Math.max(0, Date.parse(servedAt) - Date.parse(at)) / 1000;
  const until = watchedUntil === undefined ? "" : ` until ${timeOfDay(watchedUntil)}`;
  return `serves after ${seconds.toFixed(1)} s, watched${until}`;
}
