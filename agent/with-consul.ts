import { ConsulAway, ConsulDenied } from "../protocol/consul.ts";
import { type Deploy, DocumentUnusable } from "../protocol/documents.ts";
import type { Problem } from "../protocol/problem.ts";
import type { Clock, Log } from "./effects.ts";
import type { Wishes } from "./wishes.ts";

/** How long a Consul that is away is left alone. */
const retryMs = 500;

/** Thrown when a newer deploy came while this one waited. */
export class Superseded extends Error {}

/**
 * Repeats what needs Consul until it answers with what can be read, or until the deploy is no
 * longer wanted. A document that cannot be read is no verdict on a release.
 *
 * @param tellUnusable hears of each document that is waited for.
 * @throws Superseded; what `act` throws for other reasons.
 */
export async function withConsul<T>(
  on: { readonly wishes: Wishes; readonly clock: Clock; readonly log: Log },
  deploy: Deploy,
  act: () => Promise<T>,
  tellUnusable: (error: DocumentUnusable) => void = () => {},
): Promise<T> {
  let said = "";
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (error.message !== said) {
        on.log("consul.wait", { error: error.message });
        if (error instanceof DocumentUnusable) tellUnusable(error);
      }
      said = error.message;
      if (on.wishes.replaced(deploy).aborted) throw new Superseded();
      await on.clock.sleep(retryMs);
    }
  }
}

const isPassing = (error: unknown): error is Problem =>
  error instanceof ConsulAway || error instanceof ConsulDenied || error instanceof DocumentUnusable;
