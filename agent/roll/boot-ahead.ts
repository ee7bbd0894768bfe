import { describe } from "../../lib/problem.ts";
import { kindOf, settingsOf, speaksHttp } from "../../protocol/process-settings.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { nextBatch, parallelism } from "./batches.ts";
import type { Context } from "./context.ts";
import { stayedUp } from "./probe.ts";
import { bootProcess, type Ready, type Target, undoBoot } from "./process.ts";

/** Longest time that booted processes idle while the batch waits for its slot. */
const longestIdleMs = 10_000;

/** Whether the next batch may boot while the first one is under way. Does not wait for a slot. */
export type MayBootAhead = () => Promise<boolean>;

/** The second batch, which boots while the first process is watched. */
export interface BootAhead {
  /** Lets the others boot, once: the first process has given its first good answer. */
  readonly begin: () => void;
  /**
   * Waits until the first process has served for the shortest healthy time, so that a release that
   * fails under real requests is seen while one process alone serves it. Does not wait where
   * nothing was booted.
   *
   * @throws Problem where that process ended.
   */
  untilServedWell(): Promise<void>;
  /** Waits for an answer, and undoes the boot where that takes long. */
  orUndone<T>(answer: Promise<T>): Promise<T>;
  /** Takes the booted processes, by number. The caller serves or undoes each. */
  take(): Promise<ReadonlyMap<number, Ready>>;
  /** Stops the booted processes that were not taken, and ends their moves. Never rejects. */
  undo(): Promise<void>;
}

const none: ReadonlyMap<number, Ready> = new Map();

/** Nothing boots ahead. */
export const noBootAhead: BootAhead = {
  begin: () => {},
  untilServedWell: async () => {},
  orUndone: (answer) => answer,
  take: async () => none,
  undo: async () => {},
};

/**
 * Prepares to boot ahead, where the service allows it: never in place, where each start takes a
 * process out of rotation, and never without HTTP, where a process works as soon as it runs.
 *
 * @param left processes to roll; the first of them is the first batch.
 */
export function bootAhead(
  context: Context,
  target: Target,
  [first, ...left]: readonly number[],
  mayBootAhead: MayBootAhead,
): BootAhead {
  const { service, journal, memory, clock, log } = context;
  if (!service.bootAhead || first === undefined) return noBootAhead;
  if (settingsOf(service, first).strategy === "in-place") return noBootAhead;
  if (!speaksHttp(service, first)) return noBootAhead;
  const others = left.filter((n) => kindOf(service, n) === kindOf(service, first));
  const stop = new AbortController();
  let booted = Promise.resolve(none);
  let isBegun = false;

  /** Asks first whether the slot is held: only a batch that may begin boots ahead. */
  const boot = async (): Promise<ReadonlyMap<number, Ready>> => {
    const [may, parallel] = await Promise.all([
      mayBootAhead(),
      parallelism(service, journal.current(), memory, first),
    ]);
    if (!may || stop.signal.aborted) return none;
    const numbers = nextBatch(service, others, false, besideTheFirst(service, parallel));
    return new Map(numbers.map((n) => [n, bootProcess(context, n, target, stop.signal)]));
  };
  const take = async () => {
    const taken = await booted;
    booted = Promise.resolve(none);
    return taken;
  };
  const undo = async () => {
    stop.abort();
    const untaken = await take();
    await Promise.all([...untaken.values()].map((ready) => undoBoot(context, ready)));
  };

  return {
    begin() {
      if (isBegun) return;
      isBegun = true;
      booted = boot().catch((error) => {
        log("boot-ahead.none", { service: service.service, error: describe(error) });
        return none;
      });
    },
    async untilServedWell() {
      if ((await booted).size > 0) await stayedUp(context, first, target.releaseId);
    },
    async orUndone(answer) {
      if ((await booted).size === 0) return answer;
      const soon = answer.then(() => true);
      if (!(await Promise.race([soon, clock.sleep(longestIdleMs)]))) await undo();
      return answer;
    },
    take,
    undo,
  };
}

/**
 * A configured number counts all that roll at once, the first included. `auto` counts the free
 * memory, from which the first one has already taken its part.
 */
const besideTheFirst = ({ parallel }: ServiceFile, now: number) =>
  parallel === "auto" ? now : now - 1;
