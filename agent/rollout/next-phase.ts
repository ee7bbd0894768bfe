import { groupBy } from "../../lib/group-by.ts";
import {
  endedPhases,
  type InstanceRollout,
  isKnownPhase,
  type Rollout,
} from "../../protocol/documents.ts";
import { longestOf } from "../../protocol/process-settings.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { begunRollout, takesPart } from "./admission.ts";
import type { FleetSnapshot } from "./fleet-snapshot.ts";

/** Times by one agent's own clock: the clocks of other machines may be wrong. */
export interface Elapsed {
  /** Since it first saw the canary's roll done; undefined before. */
  readonly bakedMs: number | undefined;
  /** Since it first saw every process serve in the watch; undefined in other phases. */
  readonly watchedMs: number | undefined;
  /** Since it last saw progress. */
  readonly stillMs: number;
}

export const nothingElapsed: Elapsed = { bakedMs: undefined, watchedMs: undefined, stillMs: 0 };

/**
 * The rollout's document after the fleet's reports; undefined if it does not change. Any agent may
 * compute it at any time: it is written by compare-and-swap, and stays true however old the view
 * is.
 */
export function nextRollout(
  view: FleetSnapshot,
  service: ServiceFile,
  elapsed: Elapsed,
  { instance, at }: { readonly instance: string; readonly at: Date },
): Rollout | undefined {
  const { rollout = withoutCanary(begunRollout(service, instance, at)) } = view;
  if (endedPhases.includes(rollout.phase)) return undefined;
  // A newer agent knows this phase and what follows from it.
  if (!isKnownPhase(rollout.phase)) return undefined;
  const become = (change: Partial<Rollout>): Rollout => ({
    ...rollout,
    ...change,
    writtenBy: instance,
    ...(change.phase && endedPhases.includes(change.phase) ? { endedAt: at.toISOString() } : {}),
  });
  const fail = (reason: string) => become({ phase: "failed", reason });

  const failed = reportsIn(view, "failed");
  const isFatal = failed.some((it) => it.instance === rollout.canary);
  if (isFatal || failed.length > service.maxFailures) return fail(failures(failed));
  if (rollout.phase === "watching") {
    // No instance that served it is left, so it is not good yet: the late joiners apply it.
    if (isLeftToJoined(view))
      return withoutWatch(become({ phase: "rolling", ownedByLateJoiners: true }));
    return isWatched(service, elapsed) ? become({ phase: "done" }) : undefined;
  }
  if (isOver(view)) return become(served(service, at));
  if (isLeftToJoined(view)) return become({ ownedByLateJoiners: true });
  if (rollout.phase === "canary" && rollout.canary !== undefined) {
    const next = canaryIn(view, service, elapsed, rollout.canary);
    if (next === "left") return withoutCanary(become({}));
    if (next === "sick") return fail(`${rollout.canary}, the canary, was not healthy afterwards`);
    if (next === "proven") return become({ phase: "rolling" });
  }
  if (!view.pause && elapsed.stillMs >= service.progressDeadlineSeconds * 1000) {
    return become({ phase: "halted", reason: noProgress(view, service) });
  }
  return undefined;
}

/**
 * Instances that must be done: not those that left, are dead, or are drained, nor late joiners,
 * unless the rollout is theirs by now.
 */
function members(view: FleetSnapshot): string[] {
  const apart = followers(view);
  return present(view).filter((name) => !apart.has(name));
}

const present = ({ instances, drained }: FleetSnapshot) =>
  instances.flatMap(({ name, isAlive }) => (isAlive && !drained.has(name) ? [name] : []));

/** Late joiners that only follow the rollout. */
const followers = ({ rollout, reports }: FleetSnapshot) =>
  new Set(reports.flatMap(({ report }) => (takesPart(rollout, report) ? [] : [report.instance])));

/** Whether only late joiners could go on with it: each would wait for the others. */
const isLeftToJoined = (view: FleetSnapshot) =>
  present(view).length > 0 && members(view).length === 0;

function isOver(view: FleetSnapshot): boolean {
  const done = new Set(reportsIn(view, "done").map((it) => it.instance));
  const failed = new Set(reportsIn(view, "failed").map((it) => it.instance));
  // A catalogue that lists none of the instances that are done is not trusted.
  const known = view.instances.some(({ name }) => done.has(name));
  return known && members(view).every((name) => done.has(name) || failed.has(name));
}

/** The change of a rollout when every member is done: it is good only after its watch. */
function served({ watchSeconds }: ServiceFile, at: Date): Partial<Rollout> {
  const servedAt = at.toISOString();
  if (watchSeconds === 0) return { phase: "done", servedAt };
  const watchedUntil = new Date(at.getTime() + watchSeconds * 1000).toISOString();
  return { phase: "watching", servedAt, watchedUntil };
}

const withoutWatch = ({ servedAt, watchedUntil, ...others }: Rollout): Rollout => others;

const isWatched = ({ watchSeconds }: ServiceFile, { watchedMs = 0 }: Elapsed) =>
  watchedMs >= watchSeconds * 1000;

/** The canary's state; undefined means wait. */
function canaryIn(
  view: FleetSnapshot,
  service: ServiceFile,
  { bakedMs = 0 }: Elapsed,
  canary: string,
): "left" | "sick" | "proven" | undefined {
  // A canary that was replaced under the same name waits for the rollout like every late joiner.
  const isAnew = followers(view).has(canary);
  const registered = isAnew ? undefined : view.instances.find(({ name }) => name === canary);
  if (!isCanaryDone(view, canary)) return registered ? undefined : "left";
  // The last known good release has already passed a bake.
  const bakeSeconds = view.deploy.kind === "rollback" ? 0 : service.bakeSeconds;
  if (bakedMs < bakeSeconds * 1000) return undefined;
  if (bakeSeconds === 0 || !registered || registered.isHealthy) return "proven";
  // Consul's checks lag; a canary that needs longer than a start is unhealthy.
  const startTimeoutSeconds = longestOf(service, (it) => it.startTimeoutSeconds);
  return bakedMs < (bakeSeconds + startTimeoutSeconds) * 1000 ? undefined : "sick";
}

export const isCanaryDone = (view: FleetSnapshot, canary = view.rollout?.canary) =>
  reportsIn(view, "done").some((it) => it.instance === canary);

/**
 * A measure for the progress deadline, not a count for people (protocol/done-processes.ts): it grows
 * with each process that began to serve in the roll, and is highest when the roll has ended, well
 * or not. Writing the same report again is no progress. It looks at when a process began to serve,
 * not at its release: if the release ran before, each process that moves is still progress.
 */
export function rollProgress({ phase, processes, startedAt }: InstanceRollout): number {
  const all = Object.values(processes);
  if (phase === "done" || phase === "failed") return all.length + 1;
  if (startedAt === undefined) return 0;
  return all.filter((it) => it.phase === "serving" && it.since > startedAt).length;
}

function noProgress(view: FleetSnapshot, { progressDeadlineSeconds }: ServiceFile): string {
  const reports = new Map(view.reports.map(({ report }) => [report.instance, report]));
  const late = members(view).filter((name) => reports.get(name)?.phase !== "done");
  // Most instances wait for the same thing, so it is named once.
  const byState = groupBy(late, (name) => {
    const { phase = "silent", waitsFor } = reports.get(name) ?? {};
    return waitsFor === undefined ? phase : `${phase} for ${waitsFor}`;
  });
  const states = [...byState].map(
    ([state, names]) => `${names.join(", ")} ${names.length > 1 ? "are" : "is"} ${state}`,
  );
  return [`no progress for ${progressDeadlineSeconds} s`, ...states].join("; ");
}

const failures = (failed: readonly InstanceRollout[]) =>
  failed.map(({ instance, error }) => `${instance}: ${error ?? "failed"}`).join("; ");

const reportsIn = ({ reports }: FleetSnapshot, phase: InstanceRollout["phase"]) =>
  reports.flatMap(({ report }) => (report.phase === phase ? [report] : []));

/** A rollout whose canary is the instance that begins next, or that ends before any began. */
const withoutCanary = ({ canary, ...others }: Rollout): Rollout => others;
