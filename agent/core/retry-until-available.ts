import { orAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import { ConsulAway, ConsulDenied } from "../../lib/consul.ts";
import type { Problem } from "../../lib/problem.ts";
import { type Deploy, DocumentUnusable } from "../../protocol/documents.ts";
import type { Clock, Log } from "./effects.ts";
import type { LatestDeploy } from "./latest-deploy.ts";

/** How long a Consul that is away is left alone: in the end for 2.5 to 5 s. */
const awayWaits = { shortestMs: 500, longestMs: 2500 };
/** One that refuses is not asked its way to an answer: in the end after 15 to 30 s. */
const deniedWaits = { shortestMs: 500, longestMs: 15_000 };

/** Thrown when a newer deploy came while this one waited. */
export class Superseded extends Error {}

/**
 * Repeats what needs Consul until it answers with what can be read, or until the deploy is no
 * longer wanted. A document that cannot be read is no verdict on a release.
 *
 * @param tellUnusable hears of each document that is waited for.
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
  tellUnusable: (error: DocumentUnusable) => void = () => {},
): Promise<T> {
  const random = deps.random ?? Math.random;
  const away = backoff(awayWaits, random);
  const denied = backoff(deniedWaits, random);
  let said = "";
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (error.message !== said) {
        deps.log("consul.wait", { error: error.message });
        if (error instanceof DocumentUnusable) tellUnusable(error);
      }
      said = error.message;
      const replaced = deps.latestDeploy.replaced(deploy);
      const waitMs = (error instanceof ConsulDenied ? denied : away).nextMs();
      if (!replaced.aborted) await orAborted(deps.clock.sleep(waitMs), replaced);
      if (replaced.aborted) throw new Superseded();
    }
  }
}

const isPassing = (error: unknown): error is Problem =>
  error instanceof ConsulAway || error instanceof ConsulDenied || error instanceof DocumentUnusable;
