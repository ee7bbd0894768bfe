import { orAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import { ConsulDenied } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { parseDeploy, readDeploy } from "../../protocol/deploys.ts";
import {
  type Deploy,
  DocumentUnusable,
  endedPhases,
  formatDocument,
  Rollout,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import {
  commitTransition,
  readGoodBefore,
  type TransitionContext,
  traceEnd,
} from "./commit-transition.ts";
import { type CoordinatorLockContext, coordinatorLock } from "./coordinator-lock.ts";
import { type FleetSnapshot, isStanding, readFleet, readRollout } from "./fleet-snapshot.ts";
import { type Elapsed, nothingElapsed } from "./next-phase.ts";
import { markNotified, takeOverNotification } from "./notification-failover.ts";
import { type RolloutNotifier, rolloutViewOf } from "./notifier.ts";
import { pruneAudit } from "./prune-audit.ts";
import { pruneRollouts } from "./prune-rollouts.ts";
import { progressTimer } from "./timers.ts";

export interface CoordinatorContext extends TransitionContext, CoordinatorLockContext {
  /** A coordinator shows these each view of its rollout. */
  readonly notifiers: readonly RolloutNotifier[];
  /** Receives the fleet's snapshot at each look. @default none */
  readonly look?: (view: FleetSnapshot) => void;
}

/** The signals that end the watch of a rollout. */
export interface Until {
  /** Aborts when another deploy is current, or the agent leaves. */
  readonly stop: AbortSignal;
  /** Aborts when the agent leaves: it takes over nothing more. */
  readonly leaving: AbortSignal;
}

/** Backoff while Consul is away, and while it refuses. */
const awayWaits = { shortestMs: 1000, longestMs: 2500 };
const deniedWaits = { shortestMs: 1000, longestMs: 15_000 };
/** Agents begin spread over this time, so that they do not all ask for the lock at once. */
const spreadMs = 1000;
/** Pause between two looks, so that one read covers the reports of many instances. */
const betweenLooksMs = 250;
/**
 * The coordinator looks at least this often: changes of health, drains and pauses do not wake it.
 */
const coordinatorWaitSeconds = 5;
/** Longest wait of the other agents for the lock, and between two of their looks. */
const longestWaitSeconds = 55;

/**
 * Watches one rollout until it ended and people were notified, or until another deploy is current
 * and people were notified.
 *
 * One agent, the coordinator by a session lock, looks at every change, concludes, and shows
 * notifiers the rollout. It decides nothing that another could not: any agent would draw the same
 * conclusion from the same view. The others look seldom and draw their conclusions by their own
 * clocks, so that neither the end of the bake nor the progress deadline needs a coordinator. They
 * stay until people were notified of the end, and one of them takes over if the coordinator is gone
 * (notification-failover.ts).
 */
export async function watchRollout(
  deps: CoordinatorContext,
  deploy: Deploy,
  random: () => number,
  { stop: signal, leaving }: Until,
): Promise<void> {
  const { consul, clock, log, service, notifiers } = deps;
  const seen = progressTimer(() => clock.monotonicMs());
  const lock = coordinatorLock(deps, deploy);
  /** Read once, because `good` changes when the rollout is done. */
  let before: { readonly good: Deploy | undefined } | undefined;
  let isFormerEnded = false;
  let saidError = "";
  const said = (error: unknown) => {
    const now = describe(error);
    if (now !== saidError) log("rollout.watch", { service: deploy.service, error: now });
    saidError = now;
  };
  let elapsed = nothingElapsed;
  let shown = 0;
  let saidUnreadable = "";
  const sayUnreadable = ({ unreadable }: FleetSnapshot) => {
    const now = unreadable.map(describe).join("; ");
    if (now !== saidUnreadable && now !== "") said(now);
    saidUnreadable = now;
  };

  /** @returns undefined if its documents and the deploy vanished. */
  const look = async (wait?: Parameters<typeof readFleet>[3]) => {
    const view = await readFleet(consul, deploy, () => clock.now(), wait);
    elapsed = seen.see(view);
    sayUnreadable(view);
    if (view.rollout === undefined && !(await isStanding(consul, deploy))) return undefined;
    deps.look?.(view);
    return view;
  };
  const show = (view: FleetSnapshot) => {
    const { rollout, since } = view;
    if (!rollout || rollout.notifiedAt !== undefined || shown === since) return;
    shown = since;
    for (const notifier of notifiers) notifier.show(rolloutViewOf(view, rollout, before?.good));
  };

  /** Only notifiers need it; if it cannot be read, they get the rollout without it. */
  const readBefore = async () => {
    before ??= await readGoodBefore(consul, deploy).then(
      (good) => ({ good }),
      (error) => {
        if (error instanceof DocumentUnusable) return undefined;
        throw error;
      },
    );
  };

  /**
   * @returns the index to wait with for the next change; undefined if the rollout ended or is gone.
   */
  const coordinate = async (index: number): Promise<number | undefined> => {
    await readBefore();
    // Bookkeeping for another rollout: one try, and an error stops nothing.
    if (!isFormerEnded) await endFormer(deps, deploy).catch(said);
    isFormerEnded = true;
    if (index > 0) await clock.sleep(betweenLooksMs);
    const view = await look({ index, waitSeconds: untilNextLook(service, elapsed), signal });
    if (!view) return undefined;
    if (!lock.check(view)) return 0;
    show(view);
    if (hasEnded(view.rollout)) return undefined;
    await commitTransition(deps, deploy, { view, elapsed });
    return view.since;
  };

  /** @returns undefined if the rollout ended or is gone. */
  const standBy = async (): Promise<0 | undefined> => {
    if (hasEnded((await readRollout(consul, deploy)).rollout)) return undefined;
    if (await lock.acquire()) return 0;
    const seldomSeconds = Math.min(longestWaitSeconds, service.progressDeadlineSeconds / 4);
    const waitSeconds = Math.min(
      seldomSeconds,
      watchLeftSeconds(service, elapsed) ?? seldomSeconds,
    );
    if (await lock.hasChanged(Math.ceil(waitSeconds), signal)) return 0;
    const view = await look();
    if (!view) return undefined;
    await commitTransition(deps, deploy, { view, elapsed });
    return 0;
  };

  const away = backoff(awayWaits, random);
  const denied = backoff(deniedWaits, random);
  await clock.sleep(random() * spreadMs);
  let next: number | undefined = 0;
  while (next !== undefined && !signal.aborted) {
    try {
      next = lock.isHeld() ? await coordinate(next) : await standBy();
      away.reset();
      denied.reset();
      saidError = "";
    } catch (error) {
      if (signal.aborted) break;
      said(error);
      const waitMs = (error instanceof ConsulDenied ? denied : away).nextMs();
      await orAborted(clock.sleep(waitMs), signal);
      next = 0;
    }
  }
  const tellEnd = async () => {
    const isSuccessor =
      !lock.isHeld() &&
      notifiers.length > 0 &&
      (await takeOverNotification(deps, deploy, lock, random, leaving));
    if (lock.isHeld() && (signal.aborted || isSuccessor)) {
      await endReplaced(deps, deploy);
      await readBefore();
      const view = await look();
      if (view) show(view);
    }
    // The next agent that acquires the lock finds every notification sent, and its reference saved.
    await Promise.all(notifiers.map((it) => it.settled()));
    const proof = lock.fence();
    if (proof && notifiers.length > 0) await markNotified(deps, deploy, proof);
  };
  const prune = async () => {
    const proof = lock.fence();
    if (proof) await pruneRollouts(consul, deploy.service, proof);
    if (proof)
      await pruneAudit({ ...deps, now: () => clock.now(), deployedAt: new Date(deploy.at) }, proof);
  };
  for (const act of [tellEnd, prune, lock.release]) {
    await act().catch(said);
  }
}

const hasEnded = (rollout: Rollout | undefined) =>
  rollout !== undefined && endedPhases.includes(rollout.phase);

/** Seconds until the coordinator looks without a change: fewer when a bake or watch ends soon. */
function untilNextLook(service: ServiceFile, elapsed: Elapsed): number {
  const { bakedMs } = elapsed;
  const bakeLeft = bakedMs === undefined ? undefined : service.bakeSeconds - bakedMs / 1000;
  const left = watchLeftSeconds(service, elapsed) ?? bakeLeft ?? coordinatorWaitSeconds;
  return Math.max(1, Math.min(coordinatorWaitSeconds, Math.ceil(left)));
}

/** Seconds until the watch ends by this agent's clock, at least 1; undefined without a watch. */
const watchLeftSeconds = ({ watchSeconds }: ServiceFile, { watchedMs }: Elapsed) =>
  watchedMs === undefined ? undefined : Math.max(1, watchSeconds - watchedMs / 1000);

/**
 * Ends the rollout before this one if it was replaced before it had a coordinator to write that.
 */
async function endFormer(deps: CoordinatorContext, { service, revision }: Deploy) {
  const key = keys.rolloutDeploy(service, revision - 1);
  const { found } = await deps.consul.get(key);
  if (found) await endReplaced(deps, parseDeploy(service, found, revision - 1));
}

/** Writes into a rollout that had not ended that a newer deploy replaced it. */
async function endReplaced(deps: CoordinatorContext, deploy: Deploy) {
  const { consul, clock, instance } = deps;
  const { rollout, index } = await readRollout(consul, deploy);
  const { deploy: standing } = await readDeploy(consul, deploy.service);
  // A restored snapshot gave the same revision a second time: the document is the new rollout's.
  if (!rollout || !standing || standing.revision === deploy.revision) return;
  if (hasEnded(rollout)) return;
  const ended: Rollout = {
    ...rollout,
    phase: "halted",
    reason: `revision ${standing.revision} took its place`,
    replacedBy: standing.revision,
    endedAt: clock.now().toISOString(),
    coordinator: instance,
  };
  const key = keys.rollout(deploy.service, deploy.revision);
  const value = formatDocument(Rollout, key, ended);
  const written = await consul.write([{ verb: "cas", key, value, index }]);
  if (written) traceEnd(deps, deploy, ended);
}
