import { orAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import { ConsulAway, ConsulDenied } from "../../lib/consul.ts";
import { logOnChange } from "../../lib/log-on-change.ts";
import type { Problem } from "../../lib/problem.ts";
import { type Deploy, DocumentUnusable } from "../../protocol/documents.ts";
import type { Clock, Log } from "./effects.ts";
import type { LatestDeploy } from "./latest-deploy.ts";

/** Backoff while Consul is away: in the end 2.5 to 5 s. */
const awayWaits = { shortestMs: 500, longestMs: 2500 };
/** Backoff while Consul refuses, which asking again soon does not change: in the end 15 to 30 s. */
const deniedWaits = { shortestMs: 500, longestMs: 15_000 };

/** Thrown when a newer deploy came while this one waited. */
export class Superseded extends Error {}

/**
 * Repeats `act` until Consul gives a usable answer, or until the deploy is no longer desired. An
 * unusable document does not fail a release.
 *
 * @param reportUnusable gets each different error of an unusable document.
 * @throws Superseded; what `act` throws for other reasons.
 */
export async function retryUntilAvailable<T>(
  deps: {
    readonly latestDeploy: LatestDeploy;
    readonly clock: Clock;
    readonly log: Log;
    /** Spreads the tries of many agents. @default Math.random */
    readonly random?: () => number;
  },
  deploy: Deploy,
  act: () => Promise<T>,
  reportUnusable: (error: DocumentUnusable) => void = () => {},
): Promise<T> {
  const random = deps.random ?? Math.random;
  const away = backoff(awayWaits, random);
  const denied = backoff(deniedWaits, random);
  const logError = logOnChange((message, error) => {
    deps.log("consul.wait", { error: message });
    if (error instanceof DocumentUnusable) reportUnusable(error);
  });
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isPassing(error)) throw error;
      logError(error);
      const replaced = deps.latestDeploy.replaced(deploy);
      const waitMs = (error instanceof ConsulDenied ? denied : away).nextMs();
      if (!replaced.aborted) await orAborted(deps.clock.sleep(waitMs), replaced);
      if (replaced.aborted) throw new Superseded();
    }
  }
}

const isPassing = (error: unknown): error is Problem =>
  error instanceof ConsulAway || error instanceof ConsulDenied || error instanceof DocumentUnusable;
