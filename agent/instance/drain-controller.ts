import type { Entry } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { Drain, parseDocument } from "../../protocol/documents.ts";
import { isLive, isOlder } from "../../protocol/drains.ts";
import { keys } from "../../protocol/keys.ts";
import type { HealthCheck, PersistedDrain } from "../core/effects.ts";
import { type WatchContext, watchDocument } from "../core/watch.ts";

export interface DrainContext extends WatchContext {
  readonly instance: string;
  readonly healthCheck: HealthCheck;
  readonly kept: PersistedDrain;
}

/** The longest sleep before the date is looked at again: it may have been set meanwhile. */
const longestSleepMs = 60_000;
/** Wait after the health check or the disk could not be written. */
const retryMs = 1000;

/** Whether a drain takes its instance out at this time. */
export const isDrained = (drain: Drain | undefined, at: Date): drain is Drain =>
  drain !== undefined && isLive(drain, at);

/**
 * Keeps the instance out of the load balancer while `drains/<instance>` says so, until the signal
 * aborts. Its processes go on serving. It comes back by itself when the time of the drain is over,
 * also without Consul. A deleted document ends no drain (rule 6: a Consul failure changes nothing),
 * and an older one from a restored snapshot is ignored.
 */
export async function controlDrain(deps: DrainContext): Promise<void> {
  const { clock, log, kept, signal } = deps;
  let drain = await kept.read();
  let wake = () => {};
  signal.addEventListener("abort", () => wake());
  const parse = ({ key, value }: Entry) => parseDocument(Drain, key, value);
  watchDocument(deps, keys.drain(deps.instance), parse, (read) => {
    if (drain && isOlder(read, drain)) {
      const { revision, until } = read;
      return log("drain.ignored", { revision, until, why: `older than ${drain.revision}` });
    }
    drain = read;
    wake();
  }).catch((error: unknown) => log("watch.ended", { error: describe(error) }));
  let isOut: boolean | undefined;
  let written = drain;
  while (!signal.aborted) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const now = drain;
    const out = isDrained(now, clock.now());
    try {
      if (out !== isOut) await carryOut(deps, now, out);
      isOut = out;
      if (now && now !== written) await kept.write(now);
      written = now;
    } catch (error) {
      log("drain.failed", { error: describe(error) });
      await clock.sleep(retryMs);
      continue;
    }
    const leftMs = out ? Date.parse((now as Drain).until) - clock.now().getTime() : undefined;
    const over = leftMs === undefined ? [] : [clock.sleep(Math.min(leftMs, longestSleepMs))];
    await Promise.race([woken, ...over]);
  }
}

async function carryOut(
  { healthCheck, log }: DrainContext,
  drain: Drain | undefined,
  out: boolean,
) {
  if (out) {
    await healthCheck.fail("drained");
    log("instance.drained", { by: drain?.by, reason: drain?.reason, until: drain?.until });
  } else {
    await healthCheck.pass("drained");
    if (drain) log("instance.undrained", { until: drain.until });
  }
}
