import { backoff } from "../../lib/backoff.ts";
import type { Operation } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import {
  type Deploy,
  endedPhases,
  formatDocument,
  InstanceRollout,
  parseDocument,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { sameDeploy } from "../core/decide.ts";
import type { Journal } from "../core/state.ts";
import type { ServiceHealth } from "../health/service-health.ts";
import { raiseAlarm } from "./alarm.ts";
import { commitTransition, failureCounted } from "./commit-transition.ts";
import { readRollout } from "./fleet-snapshot.ts";
import type { RolloutWatcherContext } from "./rollout-watcher.ts";

/** A crash loop of hours costs Consul one write in this time. */
const betweenAlarmsMs = 10_000;
const retryWaits = { shortestMs: 500, longestMs: 30_000 };

export interface RestartAlarmContext extends RolloutWatcherContext {
  readonly journal: Journal;
  readonly health: ServiceHealth;
}

/**
 * Reports processes that restarted while this instance rolls nothing. If the rollout of their
 * deploy has not ended, this instance has failed, and the rollout decides what follows. Later a
 * restart is an alarm, which changes nothing.
 *
 * @returns the function to call for each restart that `health` notices, and after each roll. Never
 * rejects; it retries a report that could not be written.
 */
export function restartAlarm(
  deps: RestartAlarmContext,
  random: () => number = Math.random,
): () => Promise<void> {
  const { clock, log, service, health } = deps;
  const retry = backoff(retryWaits, random);
  let alarmedAtMs = Number.NEGATIVE_INFINITY;
  let isAsleep = false;
  /** The deploy that people were notified of: once, however long it crash-loops. */
  let notifiedDeploy: Deploy | undefined;
  /** The deploy whose rollout has ended: later restarts do not fail it. */
  let endedDeploy: Deploy | undefined;
  const again = (ms: number) => {
    if (isAsleep) return;
    isAsleep = true;
    void clock.sleep(ms).then(() => {
      isAsleep = false;
      health.remind();
    });
  };
  return async () => {
    try {
      const { deploy } = deps.journal.current();
      if (!deploy) return;
      if (!endedDeploy || !sameDeploy(endedDeploy, deploy)) {
        const fails = await failsRollout(deps, deploy);
        if (fails === "it is over") endedDeploy = deploy;
        if (fails === "yes") return retry.reset();
      }
      const waitMs = alarmedAtMs + betweenAlarmsMs - clock.monotonicMs();
      if (waitMs > 0) return again(waitMs);
      if (!(await writeReport(deps, deploy, {}))) return;
      retry.reset();
      alarmedAtMs = clock.monotonicMs();
      if (notifiedDeploy && sameDeploy(notifiedDeploy, deploy)) return;
      notifiedDeploy = deploy;
      void raiseAlarm(deps, deploy);
    } catch (error) {
      log("restart.unsent", { service: service.service, error: describe(error) });
      again(retry.nextMs());
    }
  };
}

/** Fails the rollout of the restarted process if it has not ended. */
async function failsRollout(
  deps: RestartAlarmContext,
  deploy: Deploy,
): Promise<"yes" | "no" | "it is over"> {
  const { journal, consul, clock, log, service, health } = deps;
  const fault = faultAfterRoll(journal);
  if (fault === undefined) return "no";
  const read = await readRollout(consul, deploy);
  const { rollout } = read;
  if (!rollout || endedPhases.includes(rollout.phase)) {
    return "it is over";
  }
  const at = clock.now().toISOString();
  const failed = { phase: "failed", error: fault, endedAt: at } as const;
  await health.closeFaulty().catch((error) => log("close.failed", { error: describe(error) }));
  // The report first: the successor of an agent killed here finds the fault again, and reports it
  // again.
  const counted = failureCounted(deploy, { ...read, rollout });
  if (!(await writeReport(deps, deploy, failed, [counted])))
    throw new Error("the report has changed meanwhile");
  await journal.change((state) => ({ ...state, ended: { phase: "failed", at, error: fault } }));
  log("deploy.failed", { service: service.service, revision: deploy.revision, error: fault });
  await commitTransition(deps, deploy);
  return "yes";
}

/** The fault of a process since the roll that brought its current release. */
function faultAfterRoll(journal: Journal): string | undefined {
  const { ended, faults, serving } = journal.current();
  if (ended?.phase !== "done" || !faults) return undefined;
  return Object.values(serving).flatMap(({ environmentId }) => faults[environmentId] ?? [])[0];
}

/** Writes this instance's report with the known restarts; false if it was not written. */
async function writeReport(
  { consul, service, instance, health }: RestartAlarmContext,
  { revision }: Deploy,
  change: Partial<InstanceRollout>,
  beside: readonly Operation[] = [],
): Promise<boolean> {
  const key = keys.rolloutInstance(service.service, revision, instance);
  const { found } = await consul.get(key);
  if (!found) return false;
  const report = parseDocument(InstanceRollout, key, found.value);
  const processes = Object.entries(report.processes).map(([n, process]) => [
    n,
    { ...process, ...health.restartsOf(Number(n)) },
  ]);
  const next = { ...report, ...change, processes: Object.fromEntries(processes) };
  const value = formatDocument(InstanceRollout, key, next);
  if (value === formatDocument(InstanceRollout, key, report)) return false;
  return consul.write([...beside, { verb: "cas", key, value, index: found.modifyIndex }]);
}
