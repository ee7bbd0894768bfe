import type { Consul, Entry } from "../../lib/consul.ts";
import { CronState, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { orElse } from "../../protocol/unusable.ts";

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
