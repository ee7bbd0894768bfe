import type { CronRun } from "../../protocol/documents.ts";
import {
  CronState,
  formatDocument,
  parseDocument,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Job } from "./context.ts";

/** The document of a scheduled command, and the index to write over it. */
export interface ReadState {
  readonly state: CronState;
  readonly index: number;
}

export async function readState({ consul, service, name }: Job): Promise<ReadState> {
  const key = keys.cron(service.service, name);
  const { found } = await consul.get(key);
  const state = found ? parseDocument(CronState, key, found.value) : { schema: schemaVersion };
  return { state, index: found?.modifyIndex ?? 0 } as ReadState;
}

/** @returns false where another writer was faster. */
export function writeState(
  { consul, service, name }: Job,
  { index }: ReadState,
  state: CronState,
): Promise<boolean> {
  const key = keys.cron(service.service, name);
  const value = formatDocument(CronState, key, state);
  return consul.write([{ verb: "cas", key, value, index }]);
}

export const isSame = (one: CronRun | undefined, other: CronRun): one is CronRun =>
  one?.scheduledFor === other.scheduledFor &&
  one.instance === other.instance &&
  one.startedAt === other.startedAt;

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
