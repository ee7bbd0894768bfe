import { describe } from "../../lib/problem.ts";
import { frontPort, processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log, RequestLog } from "../core/effects.ts";
import type { Journal } from "../core/state.ts";
import { errorShare } from "./error-share.ts";
import type { ServiceHealth } from "./health.ts";

const everyMs = 1000;
/** A request that began earlier after a switch may have gone to what served before. */
const settledMs = 1000;

export interface ErrorWatchContext {
  readonly service: ServiceFile;
  readonly journal: Journal;
  readonly requests: RequestLog;
  readonly health: ServiceHealth;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Compares how many requests fail with what served before, from the deploy until its rollout has ended:
 * only then does nginx log requests. Several rollouts may be watched at once, of which the newest counts.
 */
export function errorWatch(deps: ErrorWatchContext): {
  /** @param over resolves when the rollout has ended. Never rejects. */
  during(over: Promise<unknown>): Promise<void>;
} {
  let watched = 0;
  let isLooking = false;
  const begin = async () => {
    isLooking = true;
    await look(deps, () => watched > 0);
    isLooking = false;
    if (watched > 0) await begin();
  };
  return {
    async during(over) {
      watched += 1;
      if (watched === 1 && !isLooking) void begin();
      await over.catch(() => undefined);
      watched -= 1;
    },
  };
}

async function look(deps: ErrorWatchContext, isWatched: () => boolean): Promise<void> {
  const { service, journal, requests, health, clock, log } = deps;
  const shares = errorShare();
  const since = new Map<number, { readonly snapshot: string; readonly atMs: number }>();
  const before = new Map<number, { readonly snapshot: string; readonly untilMs: number }>();
  const closed = new Map<number, { readonly fromMs: number; readonly untilMs: number }>();
  let isSaid = false;
  const said = (error: unknown) => {
    if (!isSaid) log("requests.unknown", { service: service.service, error: describe(error) });
    isSaid = true;
  };
  /** What serves each front now, and what served it until it was looked at last. */
  const see = (nowMs: number, isFirst: boolean) => {
    for (const n of processNumbers(service)) {
      const front = frontPort(service, n);
      if (service.strategy === "in-place" && journal.current().moves[n]) {
        const fromMs = closed.get(front)?.fromMs ?? nowMs - 2 * everyMs;
        closed.set(front, { fromMs, untilMs: nowMs + settledMs });
      }
      const snapshot = journal.current().serving[n]?.snapshot;
      const known = since.get(front);
      if (snapshot === undefined || snapshot === known?.snapshot) continue;
      // In a rollback it is judged by what it does now.
      if (![...since.values()].some((it) => it.snapshot === snapshot)) shares.forget(snapshot);
      if (known) before.set(front, { snapshot: known.snapshot, untilMs: nowMs - 2 * everyMs });
      since.set(front, { snapshot, atMs: isFirst ? 0 : nowMs + settledMs });
    }
  };
  const servedBy = (front: number, atMs: number) => {
    // In place the gate refuses while a process is moved: that says nothing of what it serves.
    const out = closed.get(front);
    if (out && atMs >= out.fromMs && atMs <= out.untilMs) return undefined;
    const now = since.get(front);
    if (now && atMs >= now.atMs) return now.snapshot;
    const then = before.get(front);
    return then && atMs <= then.untilMs ? then.snapshot : undefined;
  };
  try {
    await requests.start();
    for (let isFirst = true; isWatched(); isFirst = false) {
      see(clock.now().getTime(), isFirst);
      const tries = await requests.read().catch(said);
      for (const one of tries ?? []) shares.add(one, servedBy(one.front, one.beganAtMs));
      const switched = [...since.values()].filter(({ atMs }) => atMs > 0);
      for (const snapshot of new Set(switched.map((it) => it.snapshot))) {
        const fault = shares.faultOf(snapshot, clock.now().getTime(), service.maxErrorShare);
        // Where the disk takes it no more it is tried again, and the next second is looked at.
        if (fault !== undefined) await health.blame(snapshot, fault).catch(said);
      }
      await clock.sleep(everyMs);
    }
  } catch (error) {
    said(error);
    while (isWatched()) await clock.sleep(everyMs);
  } finally {
    await requests.stop().catch(said);
  }
}
