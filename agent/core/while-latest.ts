import { aborted, orAborted } from "../../lib/aborted.ts";
import type { Deploy } from "../../protocol/documents.ts";
import type { Clock } from "./effects.ts";
import type { LatestDeploy } from "./latest-deploy.ts";
import { Superseded } from "./retry-until-available.ts";

/** Longest wait for aborted work to end; after that it is left behind. */
const endingMs = 10_000;

/**
 * Does work and aborts it when its deploy is no longer desired: a newer deploy or a rollback does
 * not wait for a download or a secret.
 *
 * @param work gets a signal; what it began must be over soon after the abort.
 * @throws Superseded; what the work throws.
 */
export async function whileLatest<T>(
  { latestDeploy, clock }: { readonly latestDeploy: LatestDeploy; readonly clock: Clock },
  deploy: Deploy,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = latestDeploy.replaced(deploy);
  if (stop.aborted) throw new Superseded();
  const working = work(stop);
  const result = await orAborted(working, stop);
  if (result !== aborted) return result;
  await Promise.race([working.catch(() => undefined), clock.sleep(endingMs)]);
  throw new Superseded();
}
