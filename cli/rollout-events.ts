import type { Deploy, InstanceRollout, Pause, RolloutPhase } from "../protocol/documents.ts";
import type { Progress } from "../protocol/status.ts";
import { type Count, countProcesses } from "./progress.ts";

/** What somebody who waits has seen of a rollout at one moment. */
export interface Seen {
  readonly progress: Progress;
  /** How many instances the service has. */
  readonly registered: number;
  readonly pause: Pause | undefined;
}

/** One change of a rollout that people hear of. */
export type RolloutEvent =
  | { readonly event: "rollout"; readonly phase: RolloutPhase | "announced" }
  | {
      readonly event: "instance";
      readonly instance: string;
      readonly phase: InstanceRollout["phase"];
      readonly error?: string;
    }
  | { readonly event: "paused"; readonly by: string; readonly reason: string }
  | { readonly event: "resumed" };

/** What changed between two looks, in the order in which it is told. */
export function eventsBetween(before: Seen | undefined, now: Seen): RolloutEvent[] {
  const phaseOf = (seen: Seen) => seen.progress.rollout?.phase ?? "announced";
  const events: RolloutEvent[] = [];
  const pause = now.pause;
  if (pause && pause.at !== before?.pause?.at) {
    events.push({ event: "paused", by: pause.by, reason: pause.reason });
  }
  if (!pause && before?.pause) events.push({ event: "resumed" });
  for (const { instance, phase, error } of now.progress.instances) {
    const last = before?.progress.instances.find((it) => it.instance === instance);
    if (last?.phase === phase) continue;
    events.push({ event: "instance", instance, phase, ...(error === undefined ? {} : { error }) });
  }
  // Last: what its instances came to is the reason why it ended.
  const phase = phaseOf(now);
  const rollout: RolloutEvent = { event: "rollout", phase };
  if (before === undefined || phaseOf(before) !== phase) {
    if (isOver(phase)) events.push(rollout);
    else events.unshift(rollout);
  }
  return events;
}

/** Whether a rollout goes no further by itself. */
export const isOver = (phase: RolloutPhase | "announced"): boolean =>
  phase === "done" || phase === "failed" || phase === "halted";

/** An event as a line; what it is about comes first. */
export function lineOf(deploy: Deploy, event: RolloutEvent): string {
  const { kind, revision, release } = deploy;
  switch (event.event) {
    case "rollout":
      return `${release.id} (${kind}, revision ${revision}): ${event.phase}`;
    case "instance":
      return `${event.instance}: ${event.phase}${event.error === undefined ? "" : `: ${event.error}`}`;
    case "paused":
      return `paused by ${event.by}: ${event.reason}`;
    case "resumed":
      return "resumed";
  }
}

/** The processes of a look. */
export const countOf = (deploy: Deploy, { progress, registered }: Seen): Count =>
  countProcesses(deploy, progress, registered);
