import type { Entry } from "../../lib/consul.ts";
import { table } from "../../lib/text-table.ts";
import { type CronRun, CronState, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { orElse } from "../../protocol/unusable.ts";
import type { Command } from "../core/context.ts";
import { answer } from "../core/output.ts";

/** Shows the last run of each scheduled command of a service. */
export const cron: Command = {
  usage: "cron S",
  about: "scheduled commands: the last run of each, failures, and times that were left out",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const { found } = await context.consul.list(keys.crons(service));
    const jobs = found.map((entry) => jobOf(service, entry));
    const rows = jobs.flatMap(({ name, run }) => (run ? [rowOf(name, run)] : []));
    const columns = ["command", "scheduled for", "instance", "release", "took", "ended"];
    const lines = [
      ...(rows.length > 0
        ? table([columns, ...rows])
        : [`${service} has run no scheduled command`]),
      ...jobs.flatMap(notesOf),
    ];
    answer(context, options, jobs, lines);
    return 0;
  },
};

interface Job extends Partial<Pick<CronState, "run" | "failure" | "misfire">> {
  readonly name: string;
  readonly unreadable?: string;
}

function jobOf(service: string, { key, value }: Entry): Job {
  const name = key.slice(keys.crons(service).length);
  return orElse(
    () => ({ name, ...parseDocument(CronState, key, value) }) as Job,
    ({ happened }) => ({ name, unreadable: happened }),
  );
}

function rowOf(name: string, run: CronRun): string[] {
  const { scheduledFor, instance, release, startedAt, endedAt, phase } = run;
  const ms = endedAt === undefined ? undefined : Date.parse(endedAt) - Date.parse(startedAt);
  const took = ms === undefined ? "" : `${(ms / 1000).toFixed(1)} s`;
  return [name, scheduledFor, instance, release, took, phase];
}

/** The failure may be of an earlier run than the last one. */
const notesOf = ({ name, failure, misfire, unreadable }: Job): string[] => [
  ...(failure
    ? [`${name} of ${failure.scheduledFor} failed on ${failure.instance}: ${failure.error}`]
    : []),
  ...(misfire ? [`${name} of ${misfire.scheduledFor} was left out: ${misfire.why}`] : []),
  ...(unreadable === undefined ? [] : [unreadable]),
];
