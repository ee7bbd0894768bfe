import { table } from "../../lib/text-table.ts";
import type { CronRun } from "../../protocol/documents.ts";
import type { Command } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { refuseUnknown } from "../deploys/known-service.ts";
import { readScheduled, scheduledNotes } from "../deploys/scheduled.ts";

/** Shows the last run of each scheduled command of a service. */
export const cron: Command = {
  usage: "cron S",
  about: "scheduled commands: the last run of each, failures, and times that were left out",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const jobs = await readScheduled(context.consul, service);
    if (jobs.length === 0) await refuseUnknown(context, service);
    const rows = jobs.flatMap(({ name, run }) => (run ? [rowOf(name, run)] : []));
    const columns = ["command", "scheduled for", "instance", "release", "took", "ended"];
    const lines = [
      ...(rows.length > 0
        ? table([columns, ...rows])
        : [`${service} has run no scheduled command`]),
      ...jobs.flatMap(scheduledNotes),
    ];
    answer(context, options, jobs, lines);
    return 0;
  },
};

function rowOf(name: string, run: CronRun): string[] {
  const { scheduledFor, instance, release, startedAt, endedAt, phase } = run;
  const ms = endedAt === undefined ? undefined : Date.parse(endedAt) - Date.parse(startedAt);
  const took = ms === undefined ? "" : `${(ms / 1000).toFixed(1)} s`;
  return [name, scheduledFor, instance, release, took, phase];
}
