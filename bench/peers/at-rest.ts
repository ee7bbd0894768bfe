import type { Clock } from "../../agent/core/effects.ts";

/** A machine is at rest below this load average of the last minute. */
export const restingLoad = 1;
/** After 50 watchers on two cores the average needs three minutes. */
const longestSeconds = 360;
const betweenSeconds = 5;

/**
 * Waits until the machine is at rest, for six minutes at most.
 *
 * @returns the load average at the end of the wait, for the figure's caption.
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
