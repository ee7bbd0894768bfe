import { setTimeout } from "node:timers/promises";
import type { Clock } from "../core/effects.ts";

export const systemClock: Clock = {
  now: () => new Date(),
  // CLOCK_MONOTONIC since the machine's boot, as systemd's timestamps are.
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms) => setTimeout(ms),
};
