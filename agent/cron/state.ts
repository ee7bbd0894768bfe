import { isDeepStrictEqual } from "node:util";
import type { CronRun } from "../../protocol/documents.ts";
import {
  CronState,
  formatDocument,
  parseDocument,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Job } from "./context.ts";
import { type Change, newsOf } from "./news.ts";

/** The document of a scheduled command, and the index to write over it. */
export interface ReadState {
  readonly state: CronState;
  readonly index: number;
}

export async function readState(job: Job): Promise<ReadState> {
  const { consul, service, name, untold } = job;
  const key = keys.cron(service.service, name);
  const { found } = await consul.get(key);
  const state = found ? parseDocument(CronState, key, found.value) : { schema: schemaVersion };
  const read = { state, index: found?.modifyIndex ?? 0 } as ReadState;
  // Another read may have told it meanwhile.
  if (untold === undefined || job.untold !== untold) return read;
  job.untold = undefined;
  // Consul took a write of this agent, but its answer was lost.
  if (isDeepStrictEqual(read.state.told, untold.told)) tell(job, untold);
  return read;
}

/**
 * Writes the document, and tells people what is new.
 *
 * @returns false where another writer was faster.
 */
export async function writeState(
  job: Job,
  { state: before, index }: ReadState,
  state: CronState,
): Promise<boolean> {
  const { consul, service, name, clock } = job;
  const change = job.tell && newsOf(before, state, clock.now());
  const key = keys.cron(service.service, name);
  const next = change === undefined ? state : { ...state, told: change.told };
  const value = formatDocument(CronState, key, next);
  try {
    const isWritten = await consul.write([{ verb: "cas", key, value, index }]);
    if (isWritten && change) tell(job, change);
    return isWritten;
  } catch (error) {
    // Not before: a read beside the write would tell it, too.
    if (change) job.untold = change;
    throw error;
  }
}

const tell = (job: Job, { news }: Change): void =>
  job.tell?.({ service: job.service.service, name: job.name, ...news });

export const isSame = (one: CronRun | undefined, other: CronRun): one is CronRun =>
  one !== undefined && claimOf(one) === claimOf(other);

/** The name of one claim of a time. */
export const claimOf = ({ scheduledFor, instance, startedAt }: CronRun): string =>
  `${scheduledFor} ${instance} ${startedAt}`;

/** How a run ended. */
export type RunEnd =
  | { readonly phase: "done"; readonly output: string[] }
  | { readonly phase: "failed"; readonly error: string; readonly output?: string[] }
  /** Not begun, and given back. */
  | { readonly phase: "withdrawn" };

/** Writes how a run ended, unless somebody else did, or another run is in its place. */
export async function writeEnd(job: Job, run: CronRun, end: RunEnd): Promise<void> {
  for (;;) {
    const read = await readState(job);
    if (!isSame(read.state.run, run) || read.state.run.phase !== "running") return;
    const ended = { ...read.state.run, ...end, endedAt: job.clock.now().toISOString() };
    const failure = end.phase === "failed" ? ended : read.state.failure;
    if (!(await writeState(job, read, { ...read.state, run: ended, failure }))) continue;
    const { instance, scheduledFor, startedAt, endedAt, error } = ended;
    const about = { service: job.service.service, name: job.name };
    const times = { scheduledFor, startedAt, endedAt };
    return job.log(`cron.${end.phase}`, { ...about, instance, ...times, error });
  }
}
