import { setImmediate } from "node:timers/promises";
import type { Clock } from "../core/effects.ts";

/** A clock whose sleeps cost nothing: time passes when every task waits for it. */
export interface SimulatedClock extends Clock {
  /** A process that was killed does not wake its sleepers. */
  forgetSleepers(): void;
  /** How many tasks sleep. */
  sleepers(): number;
  /** Lets time pass until the work is over. @throws any error of the work, or when it hangs. */
  run<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Longer than any roll waits: a longer wait hangs. */
const longestMs = 3_600_000;

export function simulatedClock(startedAt = Date.parse("2026-01-01T00:00:00Z")): SimulatedClock {
  let now = 0;
  let sleepers: Sleeper[] = [];
  return {
    now: () => new Date(startedAt + now),
    monotonicMs: () => now,
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ at: now + ms, wake });
      }),
    sleepers: () => sleepers.length,
    forgetSleepers() {
      sleepers = [];
    },
    async run(work) {
      let over = false;
      const end = () => {
        over = true;
      };
      work.then(end, end);
      for (;;) {
        // Everything that can go on without time does so first.
        for (let round = 0; round < 3 && !over; round += 1) await setImmediate();
        if (over) return work;
        const next = sleepers.reduce<Sleeper | undefined>(
          (first, s) => (first && first.at <= s.at ? first : s),
          undefined,
        );
        if (!next) throw new Error("everybody waits and nobody sleeps: it hangs");
        if (next.at > longestMs) throw new Error("it takes longer than an hour: it hangs");
        sleepers = sleepers.filter((s) => s !== next);
        now = next.at;
        next.wake();
      }
    },
  };
}
