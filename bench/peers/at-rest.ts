import type { Clock } from "../../agent/core/effects.ts";

/** Below this load average of the last minute a machine is at rest. */
export const restingLoad = 1;
/** After 50 watchers on two cores the average needs three minutes. */
const longestSeconds = 360;
const betweenSeconds = 5;

/**
 * Waits until the machine is at rest, for six minutes at most.
 *
 * @returns the load average with which it goes on, so that a figure can say it.
 */
export async function atRest(
  loadAverage: () => number,
  { clock, say }: { readonly clock: Clock; readonly say: (line: string) => void },
): Promise<number> {
  const until = clock.monotonicMs() + longestSeconds * 1000;
  let load = loadAverage();
  if (load >= restingLoad) say(`  the load average is ${load}: it waits until that is below 1`);
  while (load >= restingLoad && clock.monotonicMs() < until) {
    await clock.sleep(betweenSeconds * 1000);
    load = loadAverage();
  }
  if (load >= restingLoad) say(`  it is ${load} still: what follows is of a busy machine`);
  return load;
}
