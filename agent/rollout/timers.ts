import type { FleetSnapshot } from "./fleet-snapshot.ts";
import { type Elapsed, isCanaryDone, rollProgress } from "./next-phase.ts";

/**
 * Times this agent's observations by its own monotonic clock. It begins to count when it first sees
 * a state, so an agent that starts late, or whose machine has another time, concludes late, never
 * early.
 */
export interface ProgressTimer {
  see(view: FleetSnapshot): Elapsed;
}

export function progressTimer(nowMs: () => number): ProgressTimer {
  const furthest = new Map<string, number>();
  let phase = "";
  let progressAtMs = nowMs();
  const baking = sinceFirstSeen(nowMs);
  const watching = sinceFirstSeen(nowMs);

  const hasMoved = ({ rollout, reports }: FleetSnapshot): boolean => {
    const phaseNow = `${rollout?.phase} ${rollout?.canary} ${rollout?.ownedByLateJoiners}`;
    let moved = phaseNow !== phase;
    phase = phaseNow;
    for (const { report } of reports) {
      const far = rollProgress(report);
      if (far <= (furthest.get(report.instance) ?? 0)) continue;
      furthest.set(report.instance, far);
      moved = true;
    }
    return moved;
  };

  return {
    see(view) {
      const now = nowMs();
      if (hasMoved(view) || view.pause) progressAtMs = now;
      const { rollout } = view;
      // Keyed by what is timed, not by the phase alone: between two looks one watch can end and
      // another begin.
      const bakedMs = baking(isCanaryDone(view) ? rollout?.canary : undefined);
      const watchedMs = watching(rollout?.phase === "watching" ? rollout.servedAt : undefined);
      return { bakedMs, watchedMs, stillMs: now - progressAtMs };
    },
  };
}

/** How long a name has been seen, since the first time; undefined if it is absent. */
function sinceFirstSeen(nowMs: () => number): (name: string | undefined) => number | undefined {
  let seen: { readonly name: string; readonly atMs: number } | undefined;
  return (name) => {
    if (name === undefined) seen = undefined;
    else if (seen?.name !== name) seen = { name, atMs: nowMs() };
    return seen && nowMs() - seen.atMs;
  };
}

/** How long numbered things have been unchanged, since this agent first saw them so. */
export interface UnchangedTimer {
  see(things: readonly { readonly n: number; readonly index: number }[]): void;
  unchangedMs(n: number): number;
}

export function unchangedTimer(nowMs: () => number): UnchangedTimer {
  const known = new Map<number, { readonly index: number; readonly sinceMs: number }>();
  /** A thing that was absent at this agent's first look counts from that look. */
  let firstMs: number | undefined;
  return {
    see(things) {
      firstMs ??= nowMs();
      for (const { n, index } of things) {
        if (known.get(n)?.index !== index) known.set(n, { index, sinceMs: nowMs() });
      }
    },
    unchangedMs: (n) => nowMs() - (known.get(n)?.sinceMs ?? firstMs ?? nowMs()),
  };
}
