import { readFile, rm } from "node:fs/promises";
import type { HealthCheck, OutReason } from "../core/effects.ts";
import { writeFileSafely } from "./files.ts";
import { outPath } from "./folders.ts";

/**
 * The health check fails while a reason has a file: nginx looks for it at each check (nginx/default-site.ts).
 * The file holds the time it was made, in milliseconds since the machine booted: a boot removes the
 * file, and that clock cannot be set.
 */
export function healthCheckIn(
  pathOf: (reason: OutReason) => string,
  uptimeMs: () => Promise<number>,
): HealthCheck {
  return {
    async fail(reason) {
      const now = await uptimeMs();
      const text = await readFile(pathOf(reason), "utf8").catch(() => "");
      const waitedMs = text === "" ? Number.NaN : now - Number(text);
      if (waitedMs >= 0) return waitedMs;
      await writeFileSafely(pathOf(reason), String(now), 0o644);
      return 0;
    },
    pass: (reason) => rm(pathOf(reason), { force: true }),
  };
}

/** The kernel's CLOCK_BOOTTIME. */
const bootMs = async () =>
  Math.round(Number((await readFile("/proc/uptime", "utf8")).split(" ")[0]) * 1000);

export const fileHealthCheck = healthCheckIn(outPath, bootMs);
