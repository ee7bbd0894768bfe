import { compareAndSwap, conflict } from "../../lib/compare-and-swap.ts";
import { type Consul, ConsulDenied, type Entry, type Operation } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import {
  auditOperation,
  byAgent,
  deployOperations,
  holdOperations,
  isWayBack,
  parseDeploy,
  readDeploy,
} from "../../protocol/deploys.ts";
import {
  Deploy,
  DocumentUnusable,
  endedPhases,
  formatDocument,
  type InstanceRollout,
  Rollout,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { restartsIn } from "../../protocol/restarts.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { readProgress } from "../../protocol/status.ts";
import { orElse } from "../../protocol/unusable.ts";
import { rolloutSpans } from "../../trace/spans.ts";
import { sameDeploy } from "../core/decide.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { Tracing } from "../trace/tracing.ts";
import { type FleetSnapshot, readFleet, readRollout } from "./fleet-snapshot.ts";
import { type Elapsed, nextRollout, nothingElapsed } from "./next-phase.ts";
import { rollbackPolicy } from "./rollback-policy.ts";
import type { StatusWriter } from "./status-writer.ts";

/** How often another agent may be faster. */
const attempts = 5;

export interface TransitionContext {
  readonly consul: Consul;
  readonly service: ServiceFile;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
}

/**
 * Computes the rollout's next phase from the fleet's reports and commits it with all its
 * consequences in one transaction: the last known good deploy when every instance is done; a
 * rollback, its hold and its audit record when the rollout failed. Every agent calls it after its
 * own roll, and the agents that watch the rollout call it on every change: two calls at once have
 * the effect of one.
 *
 * @param seen what the caller already saw of the fleet, and for how long.
 * @throws ConsulAway, ConsulDenied, DocumentUnusable.
 */
export async function commitTransition(
  deps: TransitionContext,
  deploy: Deploy,
  seen: { readonly view?: FleetSnapshot; readonly elapsed: Elapsed } = { elapsed: nothingElapsed },
): Promise<void> {
  const { consul, service, instance, clock, log } = deps;
  let { view } = seen;
  await compareAndSwap(attempts, async () => {
    const current = view ?? (await readFleet(consul, deploy, () => clock.now()));
    view = undefined;
    const writer = { instance, at: clock.now() };
    const next = nextRollout(current, service, seen.elapsed, writer);
    if (!next) return;
    if (!(await write(deps, current, next, writer))) return conflict;
    const { phase, reason } = next;
    log("rollout", { service: service.service, revision: deploy.revision, phase, reason });
    traceEnd(deps, deploy, next);
  });
}

/** Exports the trace of a rollout that has ended; only the agent that wrote its end calls this. */
export function traceEnd(
  { tracing, service }: Pick<TransitionContext, "tracing" | "service">,
  deploy: Deploy,
  rollout: Rollout,
): void {
  if (rollout.endedAt === undefined) return;
  tracing.export(rolloutSpans(service.cluster, deploy, rollout, rollout.reason));
}

async function write(
  deps: TransitionContext,
  view: FleetSnapshot,
  next: Rollout,
  writer: Writer,
): Promise<boolean> {
  const [rollout, ...following] = await operations(deps, view, next, writer);
  try {
    return await deps.consul.write([rollout, ...following]);
  } catch (error) {
    if (!(error instanceof ConsulDenied) || next.phase !== "failed") throw error;
    // A token from before rollbacks existed may not write them; stopping the fleet matters more.
    deps.log("rollback.denied", { service: view.deploy.service, error: error.message });
    return deps.consul.write([rollout]);
  }
}

interface Writer {
  readonly instance: string;
  readonly at: Date;
}

async function operations(
  deps: TransitionContext,
  { deploy, index, rollout: before }: FleetSnapshot,
  next: Rollout,
  writer: Writer,
): Promise<readonly [Operation, ...Operation[]]> {
  const key = keys.rollout(deploy.service, deploy.revision);
  const value = formatDocument(Rollout, key, next);
  const write: Operation = { verb: "cas", key, value, index };
  const serves = next.phase === "watching" && before?.phase !== "watching";
  // The release that a person rolls back from stops being good as soon as nothing serves it.
  if (serves && deploy.leaves) return [write, ...(await following(deps, deploy, next, writer))];
  if (next.endedAt === undefined) return [write];
  const audit = auditOperation(
    {
      by: byAgent(writer.instance),
      action: `rollout ${next.phase}`,
      key,
      reason: next.reason ?? deploy.reason,
    },
    { before: before && formatDocument(Rollout, key, before), after: value },
    { at: writer.at, id: `${deploy.service}-${deploy.revision}` },
  );
  return [write, audit, ...(await following(deps, deploy, next, writer))];
}

/** The consequences of an end; empty if they need a document that cannot be read. */
async function following(
  deps: TransitionContext,
  deploy: Deploy,
  { phase, reason = "" }: Rollout,
  writer: Writer,
): Promise<readonly Operation[]> {
  try {
    if (phase === "done" || phase === "watching") return await goodOperations(deps.consul, deploy);
    if (phase === "failed") return await failureOperations(deps, deploy, reason, writer);
  } catch (error) {
    if (!(error instanceof DocumentUnusable)) throw error;
    // Ending the rollout matters more.
    deps.log("rollout.unfollowed", { service: deploy.service, phase, error: error.message });
  }
  return [];
}

/**
 * Makes this deploy the last known good one. The one before it stays known for a rollback, unless a
 * person rolled back from it.
 */
async function goodOperations(consul: Consul, deploy: Deploy): Promise<readonly Operation[]> {
  const key = keys.good(deploy.service);
  const { found } = await consul.get(key);
  const before = found && parseDeploy(deploy.service, found);
  // Revisions begin again with a new epoch.
  const isOlder =
    before !== undefined && before.epoch === deploy.epoch && before.revision > deploy.revision;
  if (before && (sameDeploy(before, deploy) || isOlder)) return [];
  const value = formatDocument(Deploy, key, deploy);
  return [
    { verb: "cas", key, value, index: found?.modifyIndex ?? 0 },
    ...(await previousOperations(consul, deploy, found)),
  ];
}

async function previousOperations(
  consul: Consul,
  deploy: Deploy,
  good: Entry | undefined,
): Promise<readonly Operation[]> {
  const key = keys.previousGood(deploy.service);
  const { found } = await consul.get(key);
  const index = found?.modifyIndex ?? 0;
  const leadsBack = (entry: Entry) => isWayBack(deploy, parseDeploy(deploy.service, entry).release);
  if (good && leadsBack(good)) return [{ verb: "cas", key, value: good.value, index }];
  if (!found || deploy.leaves === undefined) return [];
  const stays = orElse(
    () => leadsBack(found),
    () => false,
  );
  return stays ? [] : [{ verb: "delete-cas", key, index }];
}

/**
 * A rollback to the last known good deploy, by compare-and-swap over exactly the deploy that
 * failed; and a hold.
 */
async function failureOperations(
  deps: TransitionContext,
  failed: Deploy,
  reason: string,
  writer: Writer,
): Promise<readonly Operation[]> {
  const { consul, service, log } = deps;
  const current = await readDeploy(consul, failed.service);
  const good = await readGood(consul, failed.service);
  const goodRestarts = good ? await goodRestartsOf(deps, good) : 0;
  const failure = { failed, reason, current: current.deploy, good, goodRestarts };
  const after = rollbackPolicy(failure, service, writer);
  if (after.act === "nothing") return [];
  const id = `${failed.service}-${failed.revision}-failed`;
  const why = after.act === "hold" ? after.reason : after.deploy.reason;
  const by = byAgent(writer.instance);
  const hold = await holdOperations(consul, failed.service, {
    by,
    reason: why,
    at: writer.at.toISOString(),
  });
  log("rollout.failed", { service: failed.service, revision: failed.revision, next: after.act });
  if (after.act === "roll back") return [...deployOperations(current, after.deploy, id), ...hold];
  const key = keys.hold(failed.service);
  const audit = { by, action: "hold", key, reason: why };
  return [...hold, auditOperation(audit, {}, { at: writer.at, id })];
}

/** How often processes of the last known good release restarted by themselves; 0 if unknown. */
async function goodRestartsOf({ consul, log }: TransitionContext, good: Deploy): Promise<number> {
  try {
    const { instances } = await readProgress(consul, good.service, good.revision);
    return restartsIn(instances);
  } catch (error) {
    log("good.restarts", { service: good.service, error: describe(error) });
    return 0; // a rollback does not wait for a detail of its message
  }
}

/**
 * Writes a report of a failure and counts it in the rollout's document, in one transaction. Consul
 * then refuses a conclusion drawn without the failure, so nothing becomes good over it.
 *
 * @returns false if another writer was faster.
 * @throws ConsulAway, ConsulDenied, Problem for a document that cannot be used.
 */
export async function reportFailure(
  { consul, statusWriter }: { readonly consul: Consul; readonly statusWriter: StatusWriter },
  deploy: Deploy,
  report: InstanceRollout,
): Promise<boolean> {
  const isCounted = await compareAndSwap(attempts, async () => {
    const { rollout, index } = await readRollout(consul, deploy);
    if (!rollout || endedPhases.includes(rollout.phase)) return false;
    const counted = failureCounted(deploy, { rollout, index });
    return (await statusWriter.writeFenced(report, [counted])) || conflict;
  });
  return isCounted === true || statusWriter.write(report);
}

/** Counts a failure in a rollout's document, for the transaction that writes its report. */
export function failureCounted(
  { service, revision }: Deploy,
  { rollout, index }: { readonly rollout: Rollout; readonly index: number },
): Operation {
  const key = keys.rollout(service, revision);
  const counted: Rollout = { ...rollout, failures: (rollout.failures ?? 0) + 1 };
  return { verb: "cas", key, value: formatDocument(Rollout, key, counted), index };
}

export async function readGood(consul: Consul, service: string): Promise<Deploy | undefined> {
  const key = keys.good(service);
  const { found } = await consul.get(key);
  return found && parseDeploy(service, found);
}

/**
 * The last known good deploy before this one; once this rollout is done, `good` is this deploy.
 *
 * @throws ConsulAway, ConsulDenied, DocumentUnusable.
 */
export async function readGoodBefore(consul: Consul, deploy: Deploy): Promise<Deploy | undefined> {
  const good = await readGood(consul, deploy.service);
  if (!good || !sameDeploy(good, deploy)) return good;
  const key = keys.previousGood(deploy.service);
  const { found } = await consul.get(key);
  return found && parseDeploy(deploy.service, found);
}
