import type { Clock } from "../core/effects.ts";

/** What the kernel counts in whole seconds may end so much later or sooner than what we count. */
const toleranceMs = 1000;
/** One that has ended is known for a little longer: the kernel may still have it. */
const forgottenAfterMs = 5000;

/** Front ports that are closed, each until it opens by itself. */
export interface ClosedFronts {
  close(front: number, seconds: number): void;
  open(front: number): void;
  /** Seconds that are left of each, at least one. */
  left(): ReadonlyMap<number, number>;
  /** Whether a listing of what is closed, with the seconds left, is what should be. */
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
      // What nobody here closed, or what would not open by itself, is not ours.
      const foreign = [...listed].some(
        ([front, seconds]) => !ends.has(front) || seconds === undefined,
      );
      return !missing && !foreign;
    },
  };
}
