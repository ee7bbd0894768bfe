import type { Clock } from "../core/effects.ts";

/** The kernel counts in whole seconds, so its timeout may end so much sooner or later. */
const toleranceMs = 1000;
/** How long an ended close is remembered: the kernel may still have it. */
const forgottenAfterMs = 5000;

/** The closed front ports, each until it opens by itself. */
export interface ClosedFronts {
  close(front: number, seconds: number): void;
  open(front: number): void;
  /** Closed front ports with the seconds left, at least one. */
  left(): ReadonlyMap<number, number>;
  /** Whether the kernel's closed ports, with the seconds left, are as they should be. */
  isAs(listed: ReadonlyMap<number, number | undefined>): boolean;
}

export function closedFronts({ monotonicMs }: Pick<Clock, "monotonicMs">): ClosedFronts {
  const ends = new Map<number, number>();
  return {
    close(front, seconds) {
      ends.set(front, monotonicMs() + seconds * 1000);
    },
    open: (front) => void ends.delete(front),
    left() {
      const now = monotonicMs();
      const left = [...ends].filter(([, end]) => end > now);
      return new Map(left.map(([front, end]) => [front, Math.ceil((end - now) / 1000)]));
    },
    isAs(listed) {
      const now = monotonicMs();
      for (const [front, end] of ends) if (now - end > forgottenAfterMs) ends.delete(front);
      const missing = [...ends].some(
        ([front, end]) => end - now > toleranceMs && !listed.has(front),
      );
      // Another program closed those that are unknown here or have no timeout.
      const foreign = [...listed].some(
        ([front, seconds]) => !ends.has(front) || seconds === undefined,
      );
      return !missing && !foreign;
    },
  };
}
