import { parseCalendar } from "../../protocol/calendar.ts";
import { untilDone } from "./attend.ts";
import type { CronContext, Job } from "./context.ts";
import { forgetRemoved } from "./forget-removed.ts";
import { readState } from "./state.ts";
import { attendRun, settleInTime, timeHasCome } from "./time-has-come.ts";

/**
 * Runs the scheduled commands of a service, together with the agents of the other instances, for as
 * long as the agent lives. Goes on with the runs that an earlier agent began.
 */
export function runCron(deps: CronContext): void {
  const jobs = new Map(jobsOf(deps).map((job) => [job.name, job]));
  for (const job of jobs.values()) {
    void untilDone(job, async () => {
      const { run } = (await readState(job)).state;
      if (run) attendRun(job, run);
      // The agent before may have ended right before it took the time, or left it out.
      if (run?.phase === "withdrawn") await settleInTime(job, run.scheduledFor);
    });
  }
  void forgetRemoved(deps);
  if (jobs.size > 0)
    deps.marks.watch(async (name, firedAt) => {
      const job = jobs.get(name);
      if (job) await timeHasCome(job, firedAt);
    });
}

const jobsOf = (deps: CronContext): Job[] =>
  Object.entries(deps.service.cron ?? {}).flatMap(([name, entry]) => {
    const calendar = parseCalendar(entry.at);
    if (!calendar) return [];
    const unit = deps.unitOf(name);
    const nothing = { settled: Promise.resolve(), claims: new Set<string>() };
    return [{ ...deps, ...nothing, name, entry, calendar, unit, attended: new Set() }];
  });
