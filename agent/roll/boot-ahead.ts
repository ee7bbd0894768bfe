import { describe } from "../../lib/problem.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { nextBatch, parallelism } from "./batches.ts";
import type { Context } from "./context.ts";
import { stayedUp } from "./probe.ts";
import { bootProcess, type Ready, type Target, undoBoot } from "./process.ts";

/** A turn that does not come within this is none: what was booted for it must not idle. */
const longestIdleMs = 10_000;

/** Says whether the next batch may boot while the first one is under way. It never waits. */
export type MayBootAhead = () => Promise<boolean>;

/** The second batch, which boots while the first process is watched. */
export interface BootAhead {
  /** The first process has given its first good answer: the others begin to boot, once. */
  readonly begin: () => void;
  /**
   * Waits until the first process has served for the shortest healthy time, so that a release that
   * fails under real requests is seen while one process alone serves it. Waits for nothing where
   * nothing was booted.
   *
   * @throws Problem where it ended.
   */
  untilServedWell(): Promise<void>;
  /** Waits for an answer, and undoes what was booted where it takes long. */
  orUndone<T>(answer: Promise<T>): Promise<T>;
  /** What was booted, by number. Whoever takes it serves it or undoes it. */
  take(): Promise<ReadonlyMap<number, Ready>>;
  /** Stops what was booted and not taken, and ends its moves. Never rejects. */
  undo(): Promise<void>;
}

const none: ReadonlyMap<number, Ready> = new Map();

/** Nothing boots ahead. */
export const alone: BootAhead = {
  begin: () => {},
  untilServedWell: async () => {},
  orUndone: (answer) => answer,
  take: async () => none,
  undo: async () => {},
};

/**
 * Prepares to boot ahead, where the service may: never in place, where each start takes a process
 * out.
 *
 * @param left processes to roll; the first of them is the first batch.
 */
export function bootAhead(
  context: Context,
  target: Target,
  [first, ...others]: readonly number[],
  mayBootAhead: MayBootAhead,
): BootAhead {
  const { service, journal, memory, clock, log } = context;
  if (!service.bootAhead || service.strategy === "in-place" || first === undefined) return alone;
  const givenUp = new AbortController();
  let booted = Promise.resolve(none);
  let isBegun = false;

  /** The proof of the turn first: what boots ahead belongs to a batch that may begin. */
  const boot = async (): Promise<ReadonlyMap<number, Ready>> => {
    const [may, parallel] = await Promise.all([
      mayBootAhead(),
      parallelism(service, journal.current(), memory),
    ]);
    if (!may || givenUp.signal.aborted) return none;
    const numbers = nextBatch(others, false, besideTheFirst(service, parallel));
    return new Map(numbers.map((n) => [n, bootProcess(context, n, target, givenUp.signal)]));
  };
  const take = async () => {
    const taken = await booted;
    booted = Promise.resolve(none);
    return taken;
  };
  const undo = async () => {
    givenUp.abort();
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
 * A number that somebody chose is how many roll at once, the first included; `auto` counts the
 * free memory, which the first one has taken its part of.
 */
const besideTheFirst = ({ parallel }: ServiceFile, now: number) =>
  parallel === "auto" ? now : now - 1;
