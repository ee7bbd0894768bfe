import { describe } from "../../lib/problem.ts";
import type { CronRun } from "../../protocol/documents.ts";
import { cronPlace } from "../../protocol/units.ts";
import type { Environment } from "../core/effects.ts";
import { retryUntilDone } from "../core/retry-until-done.ts";
import { cutError, mustHaveEnded, oneShotEnd } from "../health/one-shot-end.ts";
import { startOneShot } from "../health/start-one-shot.ts";
import type { Job } from "./context.ts";
import { claimOf, isSame, type RunEnd, readState, writeEnd } from "./state.ts";

/** Between looks at a run on another instance. */
const otherIntervalMs = 30_000;

/** Starts the unit of a run that this instance has claimed, and waits for its end. Never rejects. */
export function begin(job: Job, run: CronRun, environment: Environment): void {
  const { store, unit, entry, name, clock } = job;
  // Consul does not take an older claim any more: this one is in its place.
  job.claims.clear();
  const started = startOneShot({ store, unit, clock }, cronPlace(name), {
    releaseId: run.release,
    command: entry.command,
    environment: { ...environment, SHOESTRING_RELEASE: run.release },
  });
  whileAttended(job, run, async () => follow(job, run, environment, await started));
}

/**
 * Waits for the end of a run that is under way, here or on another instance. Never rejects.
 *
 * @param withdrawn called where the other instance gave it back.
 */
export function attend(job: Job, run: CronRun, withdrawn: () => Promise<void>): void {
  const { claims, instance, store } = job;
  if (run.phase !== "running" || claims.has(claimOf(run))) return;
  whileAttended(job, run, async () => {
    if (run.instance !== instance) {
      const how = await untilDone(job, () => watchOther(job, run));
      return how === "withdrawn" ? withdrawn() : undefined;
    }
    // An earlier agent of this instance began it.
    const config = await store.readEnvironment(run.environmentId).catch(() => undefined);
    return follow(job, run, config?.environment);
  });
}

/**
 * Gives back what this instance claimed and does not begin: another one may take its time. Consul
 * may have taken it though its answer was lost, or take it later: a later time gives it back then.
 * Resolves when Consul has it. Never rejects.
 */
export async function withdraw(job: Job): Promise<void> {
  const claims = new Set(job.claims);
  if (claims.size === 0) return;
  await untilDone(job, async () => {
    const { run } = (await readState(job)).state;
    if (run && claims.has(claimOf(run))) await writeEnd(job, run, { phase: "withdrawn" });
  });
}

function whileAttended({ attended }: Job, run: CronRun, act: () => Promise<void>): void {
  const id = claimOf(run);
  if (attended.has(id)) return;
  attended.add(id);
  void act().finally(() => attended.delete(id));
}

/** @param unstarted why it may not have been started. */
async function follow(
  job: Job,
  run: CronRun,
  environment: Environment | undefined,
  unstarted?: string,
): Promise<void> {
  const { unit, clock } = job;
  // Without its environment nothing of a run's log is told: it may have a secret.
  const told = environment ? unit : { ...unit, lastLines: async () => [] };
  await untilDone(job, async () => {
    const isUnstarted = unstarted !== undefined && (await unit.state()) === "none";
    const { error, output } = isUnstarted
      ? { error: unstarted, output: [] }
      : await oneShotEnd(told, environment ?? {}, clock);
    const how: RunEnd =
      error === undefined ? { phase: "done", output } : { phase: "failed", error, output };
    await writeEnd(job, run, how);
  });
}

/**
 * A run whose instance is gone, or cannot reach Consul, is told as failed when it must be over.
 *
 * @returns how it ended.
 */
async function watchOther(job: Job, run: CronRun): Promise<CronRun["phase"]> {
  const readSinceMs = job.clock.monotonicMs();
  for (;;) {
    const { state } = await readState(job);
    if (!isSame(state.run, run)) return "done"; // a later one follows it
    if (state.run.phase !== "running") return state.run.phase;
    if (isOver(job, run, readSinceMs) === "yes")
      await writeEnd(job, run, { phase: "failed", error: cutError });
    await job.clock.sleep(otherIntervalMs);
  }
}

/**
 * Whether a run has ended, though nobody wrote how. Only the time says so: an instance that leaves
 * is no longer registered while its processes still work.
 */
export function isOver(
  { instance, entry, service, clock }: Pick<Job, "instance" | "entry" | "service" | "clock">,
  run: CronRun,
  readSinceMs: number,
): ReturnType<typeof mustHaveEnded> {
  if (run.instance === instance) return "no"; // this agent attends it
  return mustHaveEnded({ ...service, ...entry, ...run, readSinceMs }, clock);
}

/** Tries until it is done. */
export const untilDone = <T>({ clock, log, service, name }: Job, act: () => Promise<T>) =>
  retryUntilDone(clock, act, (error) =>
    log("cron.wait", { service: service.service, name, error: describe(error) }),
  );
