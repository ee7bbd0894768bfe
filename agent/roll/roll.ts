import { goesAlone, nextBatch, parallelism, processesLeft } from "./batches.ts";
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
import { resumeRetirements } from "./resume-retirements.ts";
import { refuseFaulty } from "./steps.ts";
import { untilRetired } from "./until-retired.ts";

export type { Target } from "./process.ts";

/** Acquires the slot before each batch, or gives the reason why the roll may not go on. */
export type AcquireSlot = () => Promise<"go on" | "superseded" | "halted">;

export type RollEnd = "done" | "superseded" | "halted";

interface RollOptions {
  /** @default nothing boots ahead */
  readonly mayBootAhead?: MayBootAhead;
  /** Aborts when a newer deploy is desired: the roll waits for no old process then. */
  readonly replaced?: AbortSignal;
}

/**
 * Rolls every process of the instance to the target: the first one alone, then a few at a
 * time. Those of the second batch boot as soon as the first process answers, and serve when it has
 * served well. A process that fails is put back and ends the roll; the others keep what they serve.
 * Old processes retire meanwhile, each as long as its job takes. Only a roll that is done waits for
 * the last of them; one that ends otherwise leaves them to `retirements`.
 *
 * @throws Problem when a process did not reach the target; by then it is put back.
 */
export async function rollInstance(
  context: Context,
  target: Target,
  acquireSlot: AcquireSlot,
  onServed: () => void,
  { mayBootAhead = async () => false, replaced = new AbortController().signal }: RollOptions = {},
): Promise<RollEnd> {
  const { service, journal, memory, retirements } = context;
  const until = (over: Promise<void>) => untilRetired(context, target, over, replaced);
  const isFree = (n: number) => !retirements.isUnderWay(n);
  const isMoving = (n: number) => journal.current().moves[n] !== undefined;
  // First recover what an earlier roll could not end, such as a process that would not stop.
  await resumeRetirements(context);
  await recover(context, Object.keys(journal.current().moves).map(Number));
  let ahead: BootAhead = noBootAhead;
  let end: RollEnd = "done";
  let isBegun = false;
  try {
    while (true) {
      await ahead.untilServedWell();
      await refuseFaulty(context, target.environmentId);
      const left = processesLeft(service, journal.current(), target.environmentId);
      if (left.length === 0) break;
      if (!left.some(isFree)) {
        if (await until(retirements.untilOneOver(left))) continue;
        end = "superseded";
        break;
      }
      const [answer, parallel] = await Promise.all([
        ahead.orUndone(acquireSlot()),
        parallelism(service, journal.current(), memory, left.find(isFree)),
      ]);
      if (answer !== "go on") {
        end = answer;
        break;
      }
      const ready = await ahead.take();
      // Those that were booted come first: they are one kind's, and none of them may be left out.
      const others = left.filter((n) => !ready.has(n) && isFree(n));
      const free = [...ready.keys(), ...others];
      const isFirst = !isBegun || goesAlone(service, journal.current(), target, free);
      const numbers = nextBatch(service, free, isFirst, Math.max(parallel, ready.size));
      if (isFirst) {
        const atRest = free.filter((n) => numbers.includes(n) || !isMoving(n));
        ahead = bootAhead(context, target, atRest, mayBootAhead);
      }
      await serveBatch(context, numbers, target, ready, ahead.begin);
      isBegun = true;
    }
    if (end === "done") {
      onServed();
      writeInBackground(context, rememberEnvironment(context, target));
    }
  } finally {
    await ahead.undo();
  }
  if (end !== "done") return end;
  return (await until(retirements.untilAllOver())) ? "done" : "superseded";
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

/**
 * Brings a batch to serve; a process whose last move could not be ended is recovered first. The
 * retirements of old processes go on.
 */
async function serveBatch(
  context: Context,
  numbers: readonly number[],
  target: Target,
  ready: ReadonlyMap<number, Ready>,
  onAnswer: () => void,
): Promise<void> {
  const { retirements, journal } = context;
  const { moves } = journal.current();
  const serve = async (n: number) => {
    const ahead = ready.get(n);
    if (!ahead && moves[n] !== undefined) await recover(context, [n]);
    return serveProcess(context, n, target, { ready: ahead, onAnswer });
  };
  const results = await Promise.allSettled(numbers.map(serve));
  for (const r of results) {
    if (r.status === "rejected") continue;
    const retirement = retireProcess({ ...context, ...retirements.progress }, r.value);
    retirements.add(r.value.n, retirement);
  }
  const failed = results.find((r) => r.status === "rejected");
  if (failed) throw failed.reason;
}
