import { describe } from "../../lib/problem.ts";
import { type Deploy, endedPhases, type Rollout } from "../../protocol/documents.ts";
import { newerIn } from "../../protocol/newer.ts";
import { begunRollout } from "./admission.ts";
import { readGoodBefore } from "./commit-transition.ts";
import type { CoordinatorContext } from "./coordinator.ts";
import { coordinatorLock } from "./coordinator-lock.ts";
import { type FleetSnapshot, readFleet } from "./fleet-snapshot.ts";
import { rolloutViewOf } from "./notifier.ts";

/** Who holds the lock when the alarm comes has done with it soon. */
const chances = 5;
const againMs = 20_000;

/**
 * Shows notifiers once more a rollout that nobody coordinates any more: processes that it brought
 * restart by themselves, or instances run something newer. The coordinator's lock lets one agent at a
 * time tell it, and it shows all that is known by then, so instances that restart together are told
 * together. Never rejects.
 */
export async function raiseAlarm(deps: CoordinatorContext, deploy: Deploy): Promise<void> {
  const { consul, clock, log, notifiers } = deps;
  const lock = coordinatorLock(deps, deploy);
  for (let chance = 0; chance < chances && notifiers.length > 0; chance += 1) {
    try {
      if (await lock.acquire()) {
        const view = await readFleet(consul, deploy, () => clock.now());
        const rollout = toldRollout(deps, view);
        if (!rollout) return;
        const good = await readGoodBefore(consul, deploy);
        const told = rolloutViewOf(view, rollout, good);
        for (const notifier of notifiers) notifier.show(told);
        await Promise.all(notifiers.map((it) => it.settled()));
        return;
      }
    } catch (error) {
      log("alarm.untold", { service: deploy.service, error: describe(error) });
    } finally {
      await lock.release().catch(() => undefined); // its session ends by itself
    }
    await clock.sleep(againMs);
  }
}

/** The rollout as it is to be told; undefined where its coordinator tells it. */
function toldRollout(
  { service, instance, clock }: CoordinatorContext,
  { rollout, reports }: FleetSnapshot,
): Rollout | undefined {
  // Where instances run something newer nobody coordinates, and its document may be lost as well.
  if (newerIn(reports.map(({ report }) => report)).length > 0) {
    return rollout ?? begunRollout(service, instance, clock.now());
  }
  return rollout && endedPhases.includes(rollout.phase) ? rollout : undefined;
}
