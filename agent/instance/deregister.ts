import type { Clock, HealthCheck } from "../core/effects.ts";

/**
 * Fails the load balancer's health check on purpose, and keeps serving until the load balancer has
 * had time to send its requests elsewhere. Time already waited counts: an instance that its group
 * ends has deregistered before it shuts down.
 */
export async function deregister(
  { clock, healthCheck }: { readonly clock: Clock; readonly healthCheck: HealthCheck },
  deregisterSeconds: number,
): Promise<void> {
  const waitedMs = await healthCheck.fail("leaving");
  await clock.sleep(Math.max(0, deregisterSeconds * 1000 - waitedMs));
}
