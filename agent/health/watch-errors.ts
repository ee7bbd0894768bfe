import { describe } from "../../lib/problem.ts";
import { httpProcesses, settingsOf } from "../../protocol/process-settings.ts";
import { frontPort, type ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log, RequestLog } from "../core/effects.ts";
import type { Journal } from "../core/state.ts";
import { errorShare } from "./error-share.ts";
import type { ServiceHealth } from "./service-health.ts";

const everyMs = 1000;
/** A request that began sooner after a switch may have gone to the old process. */
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
 * Compares the share of failed requests with that of the release before, from the deploy until its
 * rollout has ended: only then does nginx log requests. Several rollouts may be watched at once, of
 * which the newest counts.
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
      if (httpProcesses(deps.service).length === 0) return;
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
  const since = new Map<number, { readonly environmentId: string; readonly atMs: number }>();
  const before = new Map<number, { readonly environmentId: string; readonly untilMs: number }>();
  const closed = new Map<number, { readonly fromMs: number; readonly untilMs: number }>();
  let isLogged = false;
  const logError = (error: unknown) => {
    if (!isLogged) log("requests.unknown", { service: service.service, error: describe(error) });
    isLogged = true;
  };
  /** Notes the environment that serves each front now, and the one that served it before. */
  const see = (nowMs: number, isFirst: boolean) => {
    for (const n of httpProcesses(service)) {
      const front = frontPort(service, n);
      if (settingsOf(service, n).strategy === "in-place" && journal.current().moves[n]) {
        const fromMs = closed.get(front)?.fromMs ?? nowMs - 2 * everyMs;
        closed.set(front, { fromMs, untilMs: nowMs + settledMs });
      }
      const environmentId = journal.current().serving[n]?.environmentId;
      const known = since.get(front);
      if (environmentId === undefined || environmentId === known?.environmentId) continue;
      // An environment that serves again after a rollback is judged by its new requests alone.
      if (![...since.values()].some((it) => it.environmentId === environmentId))
        shares.forget(environmentId);
      if (known)
        before.set(front, { environmentId: known.environmentId, untilMs: nowMs - 2 * everyMs });
      since.set(front, { environmentId, atMs: isFirst ? 0 : nowMs + settledMs });
    }
  };
  const servedBy = (front: number, atMs: number) => {
    // In place the gate refuses while a process moves, which is not a fault of its release.
    const out = closed.get(front);
    if (out && atMs >= out.fromMs && atMs <= out.untilMs) return undefined;
    const now = since.get(front);
    if (now && atMs >= now.atMs) return now.environmentId;
    const then = before.get(front);
    return then && atMs <= then.untilMs ? then.environmentId : undefined;
  };
  try {
    await requests.start();
    for (let isFirst = true; isWatched(); isFirst = false) {
      see(clock.now().getTime(), isFirst);
      const tries = await requests.read().catch(logError);
      for (const one of tries ?? []) shares.add(one, servedBy(one.front, one.beganAtMs));
      const switched = [...since.values()].filter(({ atMs }) => atMs > 0);
      for (const environmentId of new Set(switched.map((it) => it.environmentId))) {
        const fault = shares.faultOf(environmentId, clock.now().getTime(), service.maxErrorShare);
        // A write that the disk refuses is tried again in the next second.
        if (fault !== undefined) await health.blame(environmentId, fault).catch(logError);
      }
      await clock.sleep(everyMs);
    }
  } catch (error) {
    logError(error);
    while (isWatched()) await clock.sleep(everyMs);
  } finally {
    await requests.stop().catch(logError);
  }
}
