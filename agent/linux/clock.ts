import { setTimeout } from "node:timers/promises";
import type { Clock } from "../core/effects.ts";

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => setTimeout(ms),
};
