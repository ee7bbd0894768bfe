import type { Clock, HealthCheck, OutReason } from "../core/effects.ts";

/** A health check in memory; like the real one's file, a reason outlives the agent. */
export function memoryHealthCheck(clock: Clock) {
  const reasons = new Map<OutReason, number>();
  const healthCheck: HealthCheck = {
    async fail(reason) {
      const since = reasons.get(reason) ?? clock.monotonicMs();
      reasons.set(reason, since);
      return clock.monotonicMs() - since;
    },
    async pass(reason) {
      reasons.delete(reason);
    },
  };
  return { healthCheck, reasons: () => [...reasons.keys()].sort() };
}
