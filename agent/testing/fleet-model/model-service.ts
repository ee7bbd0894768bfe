import { batchBoundSeconds } from "../../../protocol/process-settings.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { aService } from "../builders.ts";
import type { Random } from "./random.ts";

export const processes = 2;

const timeouts = { startTimeoutSeconds: 1, drainTimeoutSeconds: 0, stopTimeoutSeconds: 1 };

/** The time within which a batch ends, whatever becomes of it. */
export const batchBoundMs = batchBoundSeconds(timeouts) * 1000;

/** A service with any of the settings that the rules look at. */
export function modelService({ order, processes: faults }: Random): ServiceFile {
  return aService({
    processes,
    maxUnavailable: 1 + order.below(2),
    canary: order.chance(0.8) ? 1 : 0,
    bakeSeconds: order.chance(0.5) ? 5 : 0,
    watchSeconds: faults.chance(0.7) ? 8 : 0,
    minHealthy: order.chance(0.3) ? "50%" : 0,
    maxFailures: order.chance(0.2) ? 1 : 0,
    autoRollback: order.chance(0.85),
    progressDeadlineSeconds: 60,
    ...timeouts,
  });
}
