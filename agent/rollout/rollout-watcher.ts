import { orAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import { ConsulDenied } from "../../lib/consul.ts";
import { type ErrorLog, logOnChange } from "../../lib/log-on-change.ts";
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
import {
  type CoordinatorLock,
  type CoordinatorLockContext,
  coordinatorLock,
} from "./coordinator-lock.ts";
import { type FleetSnapshot, isCurrent, readFleet, readRollout } from "./fleet-snapshot.ts";
import { type Elapsed, nothingElapsed } from "./next-phase.ts";
import { markNotified, takeOverNotification } from "./notification-failover.ts";
import { type RolloutNotifier, rolloutViewOf } from "./notifier.ts";
import { pruneAudit } from "./prune-audit.ts";
import { pruneRollouts } from "./prune-rollouts.ts";
import { type ProgressTimer, progressTimer } from "./timers.ts";

export interface RolloutWatcherContext extends TransitionContext, CoordinatorLockContext {
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
export function watchRollout(
  deps: RolloutWatcherContext,
  deploy: Deploy,
  random: () => number,
  until: Until,
): Promise<void> {
  return new RolloutWatcher(deps, deploy, random, until).run();
}

class RolloutWatcher {
  readonly #deps: RolloutWatcherContext;
  readonly #deploy: Deploy;
  readonly #random: () => number;
  readonly #until: Until;
  readonly #lock: CoordinatorLock;
  readonly #timer: ProgressTimer;
  readonly #logError: ErrorLog;
  readonly #logUnreadable: ErrorLog;
  #elapsed = nothingElapsed;
  /** Read once, because `good` changes when the rollout is done. */
  #before: { readonly good: Deploy | undefined } | undefined;
  #isFormerEnded = false;
  #viewIndex = 0;

  constructor(deps: RolloutWatcherContext, deploy: Deploy, random: () => number, until: Until) {
    const { clock, log } = deps;
    const write = (error: string) => log("rollout.watch", { service: deploy.service, error });
    this.#deps = deps;
    this.#deploy = deploy;
    this.#random = random;
    this.#until = until;
    this.#lock = coordinatorLock(deps, deploy);
    this.#timer = progressTimer(() => clock.monotonicMs());
    this.#logError = logOnChange(write);
    this.#logUnreadable = logOnChange(write);
  }

  async run(): Promise<void> {
    const { stop } = this.#until;
    const away = backoff(awayWaits, this.#random);
    const denied = backoff(deniedWaits, this.#random);
    await this.#deps.clock.sleep(this.#random() * spreadMs);
    let next: number | undefined = 0;
    while (next !== undefined && !stop.aborted) {
      try {
        next = this.#lock.isHeld() ? await this.#coordinate(next) : await this.#standBy();
        away.reset();
        denied.reset();
        this.#logError.clear();
      } catch (error) {
        if (stop.aborted) break;
        this.#logError(error);
        const waitMs = (error instanceof ConsulDenied ? denied : away).nextMs();
        await orAborted(this.#deps.clock.sleep(waitMs), stop);
        next = 0;
      }
    }
    await this.#notifyOfEnd().catch(this.#logError);
    await this.#prune().catch(this.#logError);
    await this.#lock.release().catch(this.#logError);
  }

  /**
   * @returns the index to wait with for the next change; undefined if the rollout ended or is gone.
   */
  async #coordinate(index: number): Promise<number | undefined> {
    const { service, clock } = this.#deps;
    await this.#readBefore();
    // Bookkeeping for another rollout: one try, and an error stops nothing.
    if (!this.#isFormerEnded) await endFormer(this.#deps, this.#deploy).catch(this.#logError);
    this.#isFormerEnded = true;
    if (index > 0) await clock.sleep(betweenLooksMs);
    const waitSeconds = untilNextLook(service, this.#elapsed);
    const view = await this.#look({ index, waitSeconds, signal: this.#until.stop });
    if (!view) return undefined;
    if (!this.#lock.check(view)) return 0;
    this.#show(view);
    if (hasEnded(view.rollout)) return undefined;
    await commitTransition(this.#deps, this.#deploy, { view, elapsed: this.#elapsed });
    return view.since;
  }

  /** @returns undefined if the rollout ended or is gone. */
  async #standBy(): Promise<0 | undefined> {
    const { consul, service } = this.#deps;
    if (hasEnded((await readRollout(consul, this.#deploy)).rollout)) return undefined;
    if (await this.#lock.acquire()) return 0;
    const seldomSeconds = Math.min(longestWaitSeconds, service.progressDeadlineSeconds / 4);
    const watchSeconds = watchLeftSeconds(service, this.#elapsed) ?? seldomSeconds;
    const waitSeconds = Math.ceil(Math.min(seldomSeconds, watchSeconds));
    if (await this.#lock.hasChanged(waitSeconds, this.#until.stop)) return 0;
    const view = await this.#look();
    if (!view) return undefined;
    await commitTransition(this.#deps, this.#deploy, { view, elapsed: this.#elapsed });
    return 0;
  }

  /** @returns undefined if its documents and the deploy vanished. */
  async #look(wait?: Parameters<typeof readFleet>[3]): Promise<FleetSnapshot | undefined> {
    const { consul, clock, look } = this.#deps;
    const view = await readFleet(consul, this.#deploy, () => clock.now(), wait);
    this.#elapsed = this.#timer.see(view);
    if (view.unreadable.length === 0) this.#logUnreadable.clear();
    else this.#logUnreadable(view.unreadable.map(describe).join("; "));
    if (view.rollout === undefined && !(await isCurrent(consul, this.#deploy))) return undefined;
    look?.(view);
    return view;
  }

  #show(view: FleetSnapshot): void {
    const { rollout, since } = view;
    if (!rollout || rollout.notifiedAt !== undefined || this.#viewIndex === since) return;
    this.#viewIndex = since;
    const rolloutView = rolloutViewOf(view, rollout, this.#before?.good);
    for (const notifier of this.#deps.notifiers) notifier.show(rolloutView);
  }

  /** Only notifiers need it; if it cannot be read, they get the rollout without it. */
  async #readBefore(): Promise<void> {
    this.#before ??= await readGoodBefore(this.#deps.consul, this.#deploy).then(
      (good) => ({ good }),
      (error) => {
        if (error instanceof DocumentUnusable) return undefined;
        throw error;
      },
    );
  }

  async #notifyOfEnd(): Promise<void> {
    const { notifiers } = this.#deps;
    const isSuccessor = !this.#lock.isHeld() && notifiers.length > 0 && (await this.#takeOver());
    if (this.#lock.isHeld() && (this.#until.stop.aborted || isSuccessor)) {
      await endReplaced(this.#deps, this.#deploy);
      await this.#readBefore();
      const view = await this.#look();
      if (view) this.#show(view);
    }
    // The next agent that acquires the lock finds every notification sent, and its reference saved.
    await Promise.all(notifiers.map((it) => it.settled()));
    const fence = this.#lock.fence();
    if (fence && notifiers.length > 0) await markNotified(this.#deps, this.#deploy, fence);
  }

  #takeOver(): Promise<boolean> {
    const { leaving } = this.#until;
    return takeOverNotification(this.#deps, this.#deploy, this.#lock, this.#random, leaving);
  }

  async #prune(): Promise<void> {
    const { consul, clock } = this.#deps;
    const fence = this.#lock.fence();
    if (!fence) return;
    await pruneRollouts(consul, this.#deploy.service, fence);
    const deployedAt = new Date(this.#deploy.at);
    await pruneAudit({ ...this.#deps, now: () => clock.now(), deployedAt }, fence);
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
async function endFormer(deps: RolloutWatcherContext, { service, revision }: Deploy) {
  const key = keys.rolloutDeploy(service, revision - 1);
  const { found } = await deps.consul.get(key);
  if (found) await endReplaced(deps, parseDeploy(service, found, revision - 1));
}

/** Writes into a rollout that had not ended that a newer deploy replaced it. */
async function endReplaced(deps: RolloutWatcherContext, deploy: Deploy) {
  const { consul, clock, instance } = deps;
  const { rollout, index } = await readRollout(consul, deploy);
  const { deploy: current } = await readDeploy(consul, deploy.service);
  // A restored snapshot gave the same revision a second time: the document is the new rollout's.
  if (!rollout || !current || current.revision === deploy.revision) return;
  if (hasEnded(rollout)) return;
  const ended: Rollout = {
    ...rollout,
    phase: "halted",
    reason: `revision ${current.revision} took its place`,
    supersededBy: current.revision,
    endedAt: clock.now().toISOString(),
    writtenBy: instance,
  };
  const key = keys.rollout(deploy.service, deploy.revision);
  const value = formatDocument(Rollout, key, ended);
  const written = await consul.write([{ verb: "cas", key, value, index }]);
  if (written) traceEnd(deps, deploy, ended);
}
