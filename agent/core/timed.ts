import { happening } from "../../lib/problem.ts";
import type { TimedStep } from "../../protocol/documents.ts";
import type { Clock } from "./effects.ts";

/**
 * Does the work and reports how long it took, also where it failed.
 *
 * @param report gets the step when it is over; never fails.
 * @throws what the work throws.
 */
export async function timed<T>(
  clock: Clock,
  step: string,
  report: (step: TimedStep) => void,
  work: () => Promise<T>,
): Promise<T> {
  const at = clock.now().toISOString();
  const from = clock.monotonicMs();
  const over = () => ({ step, at, ms: Math.round(clock.monotonicMs() - from) });
  try {
    const result = await work();
    report(over());
    return result;
  } catch (error) {
    report({ ...over(), error: happening(error) });
    throw error;
  }
}
