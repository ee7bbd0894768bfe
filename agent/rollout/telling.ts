import type { Consul, Operation } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { type Deploy, endedPhases, formatDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { CoordinatorLock } from "./coordinator-lock.ts";
import { readRollout } from "./view.ts";

/** Longest wait for whoever tells the end; more than it takes to give up in two waits. */
const waitSeconds = 330;
/** So often an agent waits, looks, and may take over. */
const chances = 3;
/** What ended longer ago is not told any more. */
const newsMs = 20 * 60_000;
/** Those who wait look one after the other within this time, so that one takes over and the others see it. */
const spreadMs = 5000;

interface Telling {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Waits until the end of a rollout was told, or acquires the lock of a coordinator that is gone
 * without having told it. One waiting read of the lock and one look when it changes hands: less
 * than a rollout under way asks for.
 *
 * @returns whether the lock was taken, and the end is to be told. Never throws.
 */
export async function succession(
  { consul, clock, log }: Telling,
  deploy: Deploy,
  lock: CoordinatorLock,
  random: () => number,
  leaving: AbortSignal,
): Promise<boolean> {
  for (let chance = 0; chance < chances && !leaving.aborted; chance += 1) {
    try {
      const { rollout } = await readRollout(consul, deploy);
      if (!rollout || isTold(rollout, clock.now())) return false;
      if (await lock.acquire()) return true;
      await lock.hasChanged(waitSeconds, leaving);
    } catch (error) {
      if (!leaving.aborted) log("rollout.telling", { error: describe(error) });
    }
    await clock.sleep(random() * spreadMs);
  }
  return false;
}

/**
 * Writes that the telling of a rollout's end is over, so that nobody tells it again. Where the
 * document changes in between it is left: an end that is told again reads the same.
 *
 * @param lock fence: the coordinator's lock is still held.
 * @throws ConsulAway, ConsulDenied, DocumentUnusable.
 */
export async function markTold(
  { consul, clock }: Telling,
  deploy: Deploy,
  lock: Operation,
): Promise<void> {
  const { rollout, index } = await readRollout(consul, deploy);
  if (!rollout || rollout.toldAt !== undefined || !endedPhases.includes(rollout.phase)) return;
  const key = keys.rollout(deploy.service, deploy.revision);
  const told: Rollout = { ...rollout, toldAt: clock.now().toISOString() };
  const value = formatDocument(Rollout, key, told);
  await consul.write([lock, { verb: "cas", key, value, index }]);
}

/** One that has not ended is told when a newer deploy took its place. */
const isTold = ({ toldAt, endedAt }: Rollout, now: Date) =>
  toldAt !== undefined || (endedAt !== undefined && now.getTime() - Date.parse(endedAt) > newsMs);
