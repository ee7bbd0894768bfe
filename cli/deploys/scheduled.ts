import type { Consul, Entry } from "../../lib/consul.ts";
import { nextTime, parseCalendar } from "../../protocol/calendar.ts";
import { CronState, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { readStatus } from "../../protocol/status.ts";
import { orElse } from "../../protocol/unusable.ts";
import type { Context } from "../core/context.ts";

/** A scheduled command, as its document says. */
interface Scheduled extends Partial<Pick<CronState, "run" | "failure" | "misfire">> {
  readonly name: string;
  readonly unreadable?: string;
}

function scheduledOf(service: string, { key, value }: Entry): Scheduled {
  const name = key.slice(keys.crons(service).length);
  return orElse(
    () => ({ name, ...parseDocument(CronState, key, value) }) as Scheduled,
    ({ happened }) => ({ name, unreadable: happened }),
  );
}

/** The scheduled commands of a service that have run, or were left out. */
export async function readScheduled(consul: Consul, service: string): Promise<Scheduled[]> {
  const { found } = await consul.list(keys.crons(service));
  return found.map((entry) => scheduledOf(service, entry));
}

/** When a scheduled command runs, as far as it is known. */
interface Times {
  readonly at?: string;
  readonly timeZone?: string | undefined;
  readonly next?: string;
}

/**
 * The scheduled commands of a service by name: those that have run, with those that the newest of its
 * instances knows.
 */
export async function readSchedule(
  { consul, cluster, now }: Pick<Context, "consul" | "cluster" | "now">,
  service: string,
): Promise<(Scheduled & Times)[]> {
  const [states, { instances }] = await Promise.all([
    readScheduled(consul, service),
    readStatus(consul, cluster, service),
  ]);
  const [newest] = [...instances].sort((a, b) => b.seenAt.localeCompare(a.seenAt));
  const times = new Map(Object.entries(newest?.cron ?? {}));
  const names = new Set([...states.map(({ name }) => name), ...times.keys()]);
  return [...names].sort().map((name) => {
    const known = times.get(name);
    const state = states.find((it) => it.name === name);
    return { name, ...(known ? { ...known, ...nextOf(known, now()) } : {}), ...state };
  });
}

function nextOf(
  { at, timeZone = "UTC" }: { at: string; timeZone?: string | undefined },
  now: Date,
) {
  const calendar = parseCalendar(at);
  const next = calendar && nextTime(calendar, timeZone, now);
  return next ? { next: next.toISOString() } : {};
}

/** The failure may be of an earlier run than the last one. */
export const scheduledNotes = ({ name, failure, misfire, unreadable }: Scheduled): string[] => [
  ...(failure
    ? [`${name} of ${failure.scheduledFor} failed on ${failure.instance}: ${failure.error}`]
    : []),
  ...(misfire ? [`${name} of ${misfire.scheduledFor} was left out: ${misfire.why}`] : []),
  ...(unreadable === undefined ? [] : [unreadable]),
];

/** Those of commands whose last run failed: the rest is for who asks for them. */
export const failedNotes = (scheduled: readonly Scheduled[]): string[] =>
  scheduled
    .filter(({ run, unreadable }) => run?.phase === "failed" || unreadable !== undefined)
    .flatMap(({ misfire: _, ...it }) => scheduledNotes(it));
