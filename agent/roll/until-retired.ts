import { orAborted } from "../../lib/aborted.ts";
import type { Context } from "./context.ts";
import type { Target } from "./process.ts";
import { refuseFaulty } from "./steps.ts";

/** Between looks for a fault. They ask nothing of the machine. */
const lookMs = 1000;

/**
 * Waits for retirements, which may take as long as a job. A newer deploy and a fault of the release
 * that rolls do not wait with it.
 *
 * @returns whether they are over; false when a newer deploy is desired first.
 * @throws Problem when a process that serves the release restarted.
 */
export async function untilRetired(
  context: Context,
  { environmentId }: Target,
  retirements: Promise<void>,
  replaced: AbortSignal,
): Promise<boolean> {
  let isOver = false;
  const over = retirements.then(() => {
    isOver = true;
  });
  for (;;) {
    await refuseFaulty(context, environmentId);
    if (isOver) return true;
    if (replaced.aborted) return false;
    await orAborted(Promise.race([over, context.clock.sleep(lookMs)]), replaced);
  }
}
