import { table } from "../../lib/text-table.ts";
import type { CronRun } from "../../protocol/documents.ts";
import type { Command } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { refuseUnknown } from "../deploys/known-service.ts";
import { readSchedule, scheduledNotes } from "../deploys/scheduled.ts";

/** Shows when each scheduled command of a service runs, and its last run. */
export const cron: Command = {
  usage: "cron S",
  about: "scheduled commands: when each runs, its last run, failures, and times that were left out",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const jobs = await readSchedule(context, service);
    if (jobs.length === 0) await refuseUnknown(context, service);
    const rows = jobs
      .filter(({ at, run }) => at !== undefined || run)
      .map(({ name, at = "", timeZone, next = "", run }) => {
        const when = timeZone === undefined ? at : `${at} ${timeZone}`;
        return [name, when, next, ...(run ? runColumns(run) : ["not yet", "", "", "", ""])];
      });
    const columns = ["command", "at", "next", "last run", "instance", "release", "took", "ended"];
    const lines = [
      ...(rows.length > 0
        ? table([columns, ...rows])
        : [`${service} has run no scheduled command, and no instance has told of one`]),
      ...jobs.flatMap(scheduledNotes),
    ];
    answer(context, options, jobs, lines);
    return 0;
  },
};

function runColumns(run: CronRun): string[] {
  const { scheduledFor, instance, release, startedAt, endedAt, phase } = run;
  const ms = endedAt === undefined ? undefined : Date.parse(endedAt) - Date.parse(startedAt);
  const took = ms === undefined ? "" : `${(ms / 1000).toFixed(1)} s`;
  return [scheduledFor, instance, release, took, phase];
}
