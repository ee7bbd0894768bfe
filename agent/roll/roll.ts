import { nextBatch, parallelism, processesLeft } from "./batches.ts";
import { type BootAhead, bootAhead, type MayBootAhead, noBootAhead } from "./boot-ahead.ts";
import type { Context } from "./context.ts";
import { recover } from "./converge.ts";
import {
  type Ready,
  retireProcess,
  serveProcess,
  type Target,
  writeInBackground,
} from "./process.ts";
import { refuseFaulty } from "./steps.ts";

export type { Target } from "./process.ts";

/** Acquires the slot before each batch, or gives the reason why the roll may not go on. */
export type AcquireSlot = () => Promise<"go on" | "superseded" | "halted">;

export type RollEnd = "done" | "superseded" | "halted";

/**
 * Rolls every process of the instance to the target: the first one alone, then a few at a
 * time. Those of the second batch boot as soon as the first process answers, and serve when it has
 * served well. A process that fails is put back and ends the roll; the others keep what they serve.
 *
 * @throws Problem when a process did not reach the target; by then it is put back.
 */
export async function rollInstance(
  context: Context,
  target: Target,
  acquireSlot: AcquireSlot,
  onServed: () => void,
  mayBootAhead: MayBootAhead = async () => false,
): Promise<RollEnd> {
  const { service, journal, memory } = context;
  const retiring: Promise<void>[] = [];
  // First recover what an earlier roll could not end, such as a process that would not stop.
  await recover(context, Object.keys(journal.current().moves).map(Number));
  let ahead: BootAhead = noBootAhead;
  let end: RollEnd = "done";
  try {
    for (let batch = 0; ; batch += 1) {
      await ahead.untilServedWell();
      await refuseFaulty(context, target.environmentId);
      const left = processesLeft(service, journal.current(), target.environmentId);
      if (left.length === 0) break;
      const [answer, parallel] = await Promise.all([
        ahead.orUndone(acquireSlot()),
        parallelism(service, journal.current(), memory, left[0]),
      ]);
      if (answer !== "go on") {
        end = answer;
        break;
      }
      const ready = await ahead.take();
      const numbers = nextBatch(service, left, batch === 0, Math.max(parallel, ready.size));
      if (batch === 0) ahead = bootAhead(context, target, left, mayBootAhead);
      retiring.push(...(await serveBatch(context, numbers, target, ready, ahead.begin)));
    }
    if (end === "done") {
      onServed();
      writeInBackground(context, rememberEnvironment(context, target));
    }
  } finally {
    await Promise.all([ahead.undo(), ...retiring]);
  }
  if (end === "done") await refuseFaulty(context, target.environmentId);
  return end;
}

/** Records the environment that all processes serve with: a rollback to the release restores it. */
function rememberEnvironment(
  { journal }: Context,
  { releaseId, environmentId }: Target,
): Promise<void> {
  return journal.change((state) => ({
    ...state,
    servedWith: { ...state.servedWith, [releaseId]: environmentId },
  }));
}

/** Brings a batch to serve. @returns the retirements of its old processes, which go on. */
async function serveBatch(
  context: Context,
  numbers: readonly number[],
  target: Target,
  ready: ReadonlyMap<number, Ready>,
  onAnswer: () => void,
): Promise<Promise<void>[]> {
  const results = await Promise.allSettled(
    numbers.map((n) => serveProcess(context, n, target, { ready: ready.get(n), onAnswer })),
  );
  const served = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
  const retiring = served.map((roll) => retireProcess(context, roll));
  const failed = results.find((r) => r.status === "rejected");
  if (failed) {
    await Promise.all(retiring);
    throw failed.reason;
  }
  return retiring;
}
