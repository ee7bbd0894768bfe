import { describe } from "../../lib/problem.ts";
import { type Deploy, endedPhases, type Rollout } from "../../protocol/documents.ts";
import { newerIn } from "../../protocol/newer.ts";
import { begunRollout } from "./admission.ts";
import { readGoodBefore } from "./commit-transition.ts";
import { coordinatorLock } from "./coordinator-lock.ts";
import { type FleetSnapshot, readFleet } from "./fleet-snapshot.ts";
import { rolloutViewOf } from "./notifier.ts";
import type { RolloutWatcherContext } from "./rollout-watcher.ts";

/** An agent that holds the lock when the alarm comes releases it soon. */
const chances = 5;
const againMs = 20_000;

/**
 * Notifies once more of a rollout that has no coordinator any more: its processes restart by
 * themselves, or instances run something newer. The leader lock lets one agent at a time notify. It
 * shows everything known by then, so instances that restart together appear in one message. Never
 * rejects.
 */
export async function raiseAlarm(deps: RolloutWatcherContext, deploy: Deploy): Promise<void> {
  const { consul, clock, log, notifiers } = deps;
  const lock = coordinatorLock(deps, deploy);
  for (let chance = 0; chance < chances && notifiers.length > 0; chance += 1) {
    try {
      if (await lock.acquire()) {
        const view = await readFleet(consul, deploy, () => clock.now());
        const rollout = rolloutToShow(deps, view);
        if (!rollout) return;
        const good = await readGoodBefore(consul, deploy);
        const rolloutView = rolloutViewOf(view, rollout, good);
        for (const notifier of notifiers) notifier.show(rolloutView);
        await Promise.all(notifiers.map((it) => it.settled()));
        return;
      }
    } catch (error) {
      log("alarm.unsent", { service: deploy.service, error: describe(error) });
    } finally {
      await lock.release().catch(() => undefined); // its session ends by itself
    }
    await clock.sleep(againMs);
  }
}

/** The rollout to show; undefined while its coordinator notifies of it. */
function rolloutToShow(
  { service, instance, clock }: RolloutWatcherContext,
  { rollout, reports }: FleetSnapshot,
): Rollout | undefined {
  // A rollout has no coordinator while instances run something newer; its document may be lost too.
  if (newerIn(reports.map(({ report }) => report)).length > 0) {
    return rollout ?? begunRollout(service, instance, clock.now());
  }
  return rollout && endedPhases.includes(rollout.phase) ? rollout : undefined;
}
