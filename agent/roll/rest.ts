import { Problem } from "../../lib/problem.ts";
import { settingsOf } from "../../protocol/process-settings.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { unitName } from "../../protocol/units.ts";
import type { Place, UnitState } from "../core/effects.ts";
import type { Context } from "./context.ts";

const lookMs = 100;
/** Longest time for the supervisor to kill a process that did not stop in its time. */
const killedWithinSeconds = 30;

/** Longest wait for a process that is stopping. */
export const restBoundSeconds = (service: ServiceFile, n: number) =>
  settingsOf(service, n).stopTimeoutSeconds + killedWithinSeconds;

/** Whether a process no longer serves: it has ended, or is stopping. */
export const isDown = ({ status }: UnitState) => status === "stopped" || status === "stopping";

/**
 * Waits until a process is no longer stopping; nothing can cancel a stop.
 *
 * @throws Problem where it takes longer than the supervisor gives it.
 */
export async function untilAtRest(context: Context, place: Place): Promise<UnitState> {
  const { service, supervisor, clock } = context;
  const boundSeconds = restBoundSeconds(service, place.n);
  const deadline = clock.monotonicMs() + boundSeconds * 1000;
  for (;;) {
    const unit = await supervisor.state(place);
    if (unit.status !== "stopping") return unit;
    if (clock.monotonicMs() >= deadline) {
      const name = unitName(service.service, place);
      throw new Problem({
        happened: `${name} is still stopping after ${boundSeconds} s`,
        unchanged: "no request is sent to it",
        next: `systemctl status ${name}`,
      });
    }
    await clock.sleep(lookMs);
  }
}
