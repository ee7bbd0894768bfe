import { orAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import { describe } from "../../lib/problem.ts";
import type { Context } from "./context.ts";
import { recover } from "./converge.ts";
import { type Progress, silentProgress } from "./progress.ts";
import { resumeRetirements } from "./resume-retirements.ts";

type Settling = Omit<Context, keyof Progress>;

const retryWaits = { shortestMs: 1000, longestMs: 15_000 };

/**
 * Retries the moves that a roll could not end, such as an undo: a process may be out of rotation.
 * The roll of a newer deploy does the same first.
 *
 * @param replaced aborts when a newer deploy is desired.
 */
export async function convergeLeftovers(
  deps: Settling,
  replaced: AbortSignal,
  random: () => number,
): Promise<void> {
  const { clock } = deps;
  const again = backoff(retryWaits, random);
  while (!replaced.aborted) {
    const left = leftovers(deps);
    if (left.length === 0) return;
    await orAborted(clock.sleep(again.nextMs()), replaced);
    if (replaced.aborted) return;
    await recovered(deps, left);
  }
}

/** Processes whose move has not ended, and which do not retire. */
const leftovers = ({ journal, retirements }: Settling): number[] =>
  Object.keys(journal.current().moves)
    .map(Number)
    .filter((n) => !retirements.isUnderWay(n));

/**
 * Whether these processes are at rest now, or only end an old job. Only the log says why not, and
 * what was recovered.
 */
export async function recovered(deps: Settling, processes: readonly number[]): Promise<boolean> {
  const { service, log } = deps;
  await resumeRetirements(deps);
  try {
    await recover({ ...deps, ...silentProgress }, processes);
    // A retirement may have failed meanwhile.
    return leftovers(deps).length === 0;
  } catch (error) {
    log("recover.failed", { service: service.service, error: describe(error) });
    return false;
  }
}
