import { setTimeout as pause } from "node:timers/promises";
import { type Excuse, faults, type Scene } from "./faults.ts";
import { type PlannedFault, subjectOf } from "./plan.ts";

/**
 * Lets each fault happen at its time, but those of one subject one after the other: two that
 * restart one server would start it twice, and an instance that is off has no agent.
 *
 * @returns their excuses, when everything is mended.
 */
export async function injectAll(
  scene: Scene,
  planned: readonly PlannedFault[],
  say: (line: string) => void,
): Promise<Excuse[]> {
  const last = new Map<string, Promise<unknown>>();
  const each = planned
    // A fault of the region begins when all others are over.
    .toSorted((a, b) => Number(isOfRegion(a)) - Number(isOfRegion(b)))
    .map(({ fault, instances, afterMs, forMs }) => {
      const subject = instances.length > 0 ? "instances" : subjectOf(fault);
      const before = isOfRegion({ fault }) ? [...last.values()] : [last.get(subject)];
      const happens = Promise.all([pause(afterMs), ...before]).then(() => {
        say(`  ${fault}`);
        return faults[fault](scene, instances, forMs);
      });
      last.set(subject, happens);
      return happens;
    });
  return (await Promise.all(each)).flat();
}

const isOfRegion = ({ fault }: Pick<PlannedFault, "fault">) => subjectOf(fault) === "the region";
