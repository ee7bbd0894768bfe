import { describe } from "../../lib/problem.ts";
import { latestSeconds, scheduledTime } from "../../protocol/calendar.ts";
import type { CronRun, CronState } from "../../protocol/documents.ts";
import type { Environment } from "../core/effects.ts";
import { retryMs } from "../core/retry-until-done.ts";
import { cutError, endsBy } from "../health/one-shot-end.ts";
import { attend, begin, isOver, untilDone, withdraw } from "./attend.ts";
import type { Job } from "./context.ts";
import { claimOf, type ReadState, readState, writeEnd, writeState } from "./state.ts";

/** What serves on this instance: a scheduled command runs with it. */
interface Serving {
  readonly release: string;
  readonly environmentId: string;
  readonly environment: Environment;
}

/**
 * The time of a scheduled command has come: one instance of the fleet runs it. Resolves when it is
 * settled who does, or that nobody will. Never rejects.
 */
export async function timeHasCome(job: Job, firedAt: Date): Promise<void> {
  const { service, calendar } = job;
  const at = scheduledTime(calendar, service.timeZone ?? "UTC", firedAt)?.toISOString();
  if (at !== undefined) return settleInTime(job, at);
  const why = `its timer fired more than ${latestSeconds} s late`;
  job.log("cron.missed", { ...aboutOf(job), firedAt: firedAt.toISOString(), why });
}

/** Settles one time after the other: one that another instance gave back may meet the next one. */
export function settleInTime(job: Job, scheduledFor: string): Promise<void> {
  job.settled = job.settled.then(() => tryInTime(job, scheduledFor));
  return job.settled;
}

/** Tries until it is settled, or too late: Consul or systemd may be away. Never rejects. */
async function tryInTime(job: Job, scheduledFor: string): Promise<void> {
  const { clock, log } = job;
  const about = { ...aboutOf(job), scheduledFor };
  for (;;) {
    try {
      const serving = await servingHere(job);
      if (typeof serving === "object") return await settle(job, scheduledFor, serving);
      void withdraw(job);
      return log("cron.passed", { ...about, why: serving });
    } catch (error) {
      if (isLate(job, scheduledFor)) {
        void withdraw(job).then(() => leaveOutLate(job, scheduledFor));
        return log("cron.missed", { ...about, why: describe(error) });
      }
      log("cron.wait", { ...about, error: describe(error) });
      await clock.sleep(retryMs);
    }
  }
}

/** Tells of a time that no instance took while Consul or systemd was away. Never rejects. */
function leaveOutLate(job: Job, scheduledFor: string): Promise<void> {
  return untilDone(job, async () => {
    for (;;) {
      const read = await readState(job);
      const { run, misfire } = read.state;
      if (isTaken(run, scheduledFor) || isTaken(misfire, scheduledFor)) return;
      if (await leaveOut(job, read, scheduledFor, tooLate)) return;
    }
  });
}

/** Waits for the end of a run; where its instance gave it back, this one may take its time. */
export const attendRun = (job: Job, run: CronRun): void =>
  attend(job, run, () => settleInTime(job, run.scheduledFor));

const tooLate = "no agent could begin it in time";

const isLate = ({ clock }: Job, scheduledFor: string) =>
  clock.now().getTime() - Date.parse(scheduledFor) > latestSeconds * 1000;

/** @returns what serves, or why this instance leaves the time to others. */
async function servingHere({ journal, store, leaving, isDrained }: Job): Promise<Serving | string> {
  if (leaving.aborted) return "this instance leaves its fleet";
  if (await isDrained()) return "this instance is drained";
  const [first] = Object.entries(journal.current().serving).sort(
    ([a], [b]) => Number(a) - Number(b),
  );
  if (!first) return "nothing serves here yet";
  const { release, environmentId } = first[1];
  const config = await store.readEnvironment(environmentId);
  if (!config) return "its environment is not on this disk";
  return { release, environmentId, environment: config.environment };
}

/** Claims the time for this instance, unless another one has it, or it has to be left out. */
async function settle(job: Job, scheduledFor: string, serving: Serving): Promise<void> {
  const readSinceMs = job.clock.monotonicMs();
  for (;;) {
    const read = await readState(job);
    const { run, misfire } = read.state;
    // Consul took a claim, but its answer was lost. It is made anew: its time counts from its start.
    if (run?.phase === "running" && job.claims.has(claimOf(run))) {
      await writeEnd(job, run, { phase: "withdrawn" });
      continue;
    }
    if (run) attendRun(job, run);
    if (isTaken(run, scheduledFor) || isTaken(misfire, scheduledFor)) return;
    const over = run?.phase === "running" ? await isRunOver(job, run, readSinceMs) : "yes";
    // Consul may refuse how a run here ended for ever.
    if (over === "soon" && !isLate(job, scheduledFor)) {
      await job.clock.sleep(retryMs);
      continue;
    }
    const why = await hindrance(job, over === "no" ? run : undefined, scheduledFor);
    const isWritten =
      why === undefined
        ? await claim(job, read, scheduledFor, serving)
        : await leaveOut(job, read, scheduledFor, why);
    if (isWritten) return;
  }
}

/** The instance may have left its fleet while it claimed the time. */
function beginOrWithdraw(job: Job, run: CronRun, { environment }: Serving): void {
  if (job.leaving.aborted) void withdraw(job);
  else begin(job, run, environment);
}

/** A run of this instance that is not written yet is attended, and will be soon. */
async function isRunOver(job: Job, run: CronRun, readSinceMs: number) {
  const isUnwritten = run.instance === job.instance && (await job.unit.state()) !== "running";
  return isUnwritten ? "soon" : isOver(job, run, readSinceMs);
}

/** Clocks differ: an instance may come to a time when a later one is settled. */
const isTaken = (last: CronRun | CronState["misfire"], scheduledFor: string): boolean =>
  last !== undefined &&
  (last.scheduledFor > scheduledFor ||
    (last.scheduledFor === scheduledFor && last.phase !== "withdrawn"));

/** Why a time has to be left out; undefined where nothing is in its way. */
async function hindrance(
  job: Job,
  running: CronRun | undefined,
  scheduledFor: string,
): Promise<string | undefined> {
  if (running) return `its run of ${running.scheduledFor} on ${running.instance} had not ended`;
  // Consul may have been restored from an older snapshot.
  if ((await job.unit.state()) === "running") return "an earlier run here had not ended";
  return isLate(job, scheduledFor) ? tooLate : undefined;
}

async function leaveOut(
  job: Job,
  read: ReadState,
  scheduledFor: string,
  why: string,
): Promise<boolean> {
  const isWritten = await writeState(job, read, { ...read.state, misfire: { scheduledFor, why } });
  if (isWritten) job.log("cron.misfire", { ...aboutOf(job), scheduledFor, why });
  return isWritten;
}

async function claim(
  job: Job,
  read: ReadState,
  scheduledFor: string,
  serving: Serving,
): Promise<boolean> {
  const { release, environmentId } = serving;
  const { unit, instance, clock, service, entry } = job;
  // First of all: what the unit has from now on belongs to this run.
  await unit.reset();
  const now = clock.now().toISOString();
  const run: CronRun = {
    ...{ scheduledFor, instance, release, environmentId },
    ...{ phase: "running", startedAt: now, endsBy: endsBy(now, { ...service, ...entry }) },
  };
  const { run: last, failure, misfire } = read.state;
  const cut = last?.phase === "running" && {
    ...last,
    ...({ phase: "failed", error: cutError, endedAt: now } as const),
  };
  job.claims.add(claimOf(run));
  // Given back, and nobody took it before this one came.
  const passed = last?.phase === "withdrawn" &&
    last.scheduledFor < scheduledFor &&
    !isTaken(misfire, last.scheduledFor) && { scheduledFor: last.scheduledFor, why: tooLate };
  const state = { ...read.state, run, failure: cut || failure, misfire: passed || misfire };
  if (!(await writeState(job, read, state))) return false;
  if (passed) job.log("cron.misfire", { ...aboutOf(job), ...passed });
  if (cut) job.log("cron.failed", { ...aboutOf(job), ...cut });
  job.log("cron.began", { ...aboutOf(job), scheduledFor, release });
  beginOrWithdraw(job, run, serving);
  return true;
}

const aboutOf = ({ service, name }: Job) => ({ service: service.service, name });
