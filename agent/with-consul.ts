import { ConsulAway, ConsulDenied } from "../protocol/consul.ts";
import type { Deploy } from "../protocol/documents.ts";
import type { Clock, Log } from "./effects.ts";
import type { Wishes } from "./wishes.ts";

/** How long a Consul that is away is left alone. */
const retryMs = 500;

/** Thrown when a newer deploy came while this one waited. */
export class Superseded extends Error {}

/**
 * Repeats what needs Consul until it answers, or until the deploy is no longer wanted.
 *
 * @throws Superseded; what `act` throws for other reasons.
 */
export async function withConsul<T>(
  on: { readonly wishes: Wishes; readonly clock: Clock; readonly log: Log },
  deploy: Deploy,
  act: () => Promise<T>,
): Promise<T> {
  let said = "";
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ConsulAway || error instanceof ConsulDenied)) throw error;
      if (error.message !== said) on.log("consul.wait", { error: error.message });
      said = error.message;
      if (on.wishes.replaced(deploy).aborted) throw new Superseded();
      await on.clock.sleep(retryMs);
    }
  }
}
