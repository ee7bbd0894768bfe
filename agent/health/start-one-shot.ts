import { describe } from "../../lib/problem.ts";
import type { Clock, OneShotUnit, PlaceContents, Store } from "../core/effects.ts";

/** Other instances count a run's time from its claim, and add a minute: what takes longer is not begun. */
const longestStagingMs = 30_000;

/**
 * Starts a one-shot unit for a run that this instance has just claimed.
 *
 * @returns why it may not have been started.
 */
export async function startOneShot(
  on: {
    readonly store: Pick<Store, "stageOneShot">;
    readonly unit: Pick<OneShotUnit, "start">;
    readonly clock: Pick<Clock, "monotonicMs">;
  },
  place: string,
  contents: PlaceContents,
): Promise<string | undefined> {
  const { store, unit, clock } = on;
  const beganAtMs = clock.monotonicMs();
  try {
    await store.stageOneShot(place, contents);
    const tookMs = clock.monotonicMs() - beganAtMs;
    if (tookMs > longestStagingMs)
      return `its files took ${(tookMs / 1000).toFixed(1)} s to write, so it was not started`;
    await unit.start();
    return undefined;
  } catch (error) {
    return describe(error);
  }
}
