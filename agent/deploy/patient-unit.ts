import { describe, Problem } from "../../lib/problem.ts";
import type { Clock, Log, OneShotUnit } from "../core/effects.ts";
import { Superseded } from "../core/retry-until-available.ts";
import { retryUntilDone } from "../core/retry-until-done.ts";

/** After so long without an answer nobody waits any more. */
const patienceMs = 300_000;

/**
 * A unit that is asked again where systemd does not answer, for minutes: a busy machine must not
 * fail a deploy whose step goes on. A start is not repeated, as it could run the command twice.
 *
 * @param replaced aborts when a newer deploy has come: nothing is repeated then, as the unit may be
 * that deploy's by now.
 */
export function patientUnit(
  unit: OneShotUnit,
  name: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  replaced?: AbortSignal,
): OneShotUnit {
  const patiently = <T>(ask: () => Promise<T>): Promise<T> => {
    const beganAtMs = clock.monotonicMs();
    return retryUntilDone(clock, ask, (error) => {
      log("unit.unanswered", { unit: name, error: describe(error) });
      if (replaced?.aborted) throw new Superseded();
      if (clock.monotonicMs() - beganAtMs >= patienceMs) throw unanswered(name, error);
    });
  };
  return {
    ...unit,
    reset: () => patiently(() => unit.reset()),
    state: () => patiently(() => unit.state()),
  };
}

const unanswered = (name: string, error: unknown) =>
  new Problem({
    happened: `systemd has not answered about ${name} for ${patienceMs / 1000} s: ${describe(error)}`,
    unchanged: "its command may still run; no process of the release was started",
    next: `systemctl status ${name}`,
  });
