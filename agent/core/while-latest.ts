import { aborted, orAborted } from "../../lib/aborted.ts";
import type { Deploy } from "../../protocol/documents.ts";
import type { Clock } from "./effects.ts";
import type { LatestDeploy } from "./latest-deploy.ts";
import { Superseded } from "./retry-until-available.ts";

/** So long is waited for work that was told to end; then it is left behind, whatever it does. */
const endingMs = 10_000;

/**
 * Does work that ends when its deploy is no longer wanted: a newer deploy, or a rollback, does not
 * wait for a download or a secret.
 *
 * @param work hears by the signal that it is to end; what it began must then be over soon.
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
