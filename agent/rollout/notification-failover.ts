import type { Consul, Operation } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { type Deploy, endedPhases, formatDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { CoordinatorLock } from "./coordinator-lock.ts";
import { readRollout } from "./fleet-snapshot.ts";

/** Longest wait for the notification of the end; two waits last longer than a notifier's tries. */
const waitSeconds = 330;
/** How often an agent waits, looks, and may take over. */
const chances = 3;
/** An end longer ago than this is not notified. */
const newsMs = 20 * 60_000;
/** Waiting agents look spread over this time, so that one takes over and the others see it. */
const spreadMs = 5000;

interface NotificationContext {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Waits until an agent has notified of the end of a rollout, or acquires the lock of a coordinator
 * that is gone without having done so. It costs one blocking read of the lock and one look when the
 * lock changes hands: less than a running rollout.
 *
 * @returns whether the lock was acquired, and this agent is to notify. Never throws.
 */
export async function takeOverNotification(
  { consul, clock, log }: NotificationContext,
  deploy: Deploy,
  lock: CoordinatorLock,
  random: () => number,
  leaving: AbortSignal,
): Promise<boolean> {
  for (let chance = 0; chance < chances && !leaving.aborted; chance += 1) {
    try {
      const { rollout } = await readRollout(consul, deploy);
      if (!rollout || isNotified(rollout, clock.now())) return false;
      if (await lock.acquire()) return true;
      await lock.hasChanged(waitSeconds, leaving);
    } catch (error) {
      if (!leaving.aborted) log("rollout.notifying", { error: describe(error) });
    }
    await clock.sleep(random() * spreadMs);
  }
  return false;
}

/**
 * Records that people were notified of a rollout's end, so that no other agent notifies. If the
 * document changed in between, it is left: a second notification reads the same.
 *
 * @param lock fence: the coordinator's lock is still held.
 * @throws ConsulAway, ConsulDenied, DocumentUnusable.
 */
export async function markNotified(
  { consul, clock }: NotificationContext,
  deploy: Deploy,
  lock: Operation,
): Promise<void> {
  const { rollout, index } = await readRollout(consul, deploy);
  if (!rollout || rollout.notifiedAt !== undefined || !endedPhases.includes(rollout.phase)) return;
  const key = keys.rollout(deploy.service, deploy.revision);
  const notified: Rollout = { ...rollout, notifiedAt: clock.now().toISOString() };
  const value = formatDocument(Rollout, key, notified);
  await consul.write([lock, { verb: "cas", key, value, index }]);
}

/** The coordinator notifies of a rollout that a newer deploy replaced before its end. */
const isNotified = ({ notifiedAt, endedAt }: Rollout, now: Date) =>
  notifiedAt !== undefined ||
  (endedAt !== undefined && now.getTime() - Date.parse(endedAt) > newsMs);
