import { isCanaryDone, type Passed, progressOf } from "./conclusion.ts";
import type { FleetView } from "./view.ts";

/**
 * Remembers when this agent saw what, by its own clock. It begins to count when it first sees a
 * thing, so an agent that starts late, or whose machine has another time, concludes late, never early.
 */
export interface Witness {
  see(view: FleetView): Passed;
  /** For how long an instance's report has been as it is. */
  unchangedMs(instance: string): number;
}

export function witness(nowMs: () => number): Witness {
  const reports = new Map<string, { readonly index: number; readonly sinceMs: number }>();
  const furthest = new Map<string, number>();
  let phase = "";
  let progressAtMs = nowMs();
  let canaryDoneAtMs: number | undefined;

  const hasMoved = ({ rollout, reports: now }: FleetView): boolean => {
    const phaseNow = `${rollout?.phase} ${rollout?.canary}`;
    let moved = phaseNow !== phase;
    phase = phaseNow;
    for (const { report } of now) {
      const far = progressOf(report);
      if (far <= (furthest.get(report.instance) ?? 0)) continue;
      furthest.set(report.instance, far);
      moved = true;
    }
    return moved;
  };

  return {
    see(view) {
      const now = nowMs();
      for (const { report, index } of view.reports) {
        if (reports.get(report.instance)?.index !== index) {
          reports.set(report.instance, { index, sinceMs: now });
        }
      }
      if (hasMoved(view) || view.pause) progressAtMs = now;
      canaryDoneAtMs = isCanaryDone(view) ? (canaryDoneAtMs ?? now) : undefined;
      const bakedMs = canaryDoneAtMs === undefined ? undefined : now - canaryDoneAtMs;
      return { bakedMs, stillMs: now - progressAtMs };
    },
    unchangedMs: (instance) => nowMs() - (reports.get(instance)?.sinceMs ?? nowMs()),
  };
}
