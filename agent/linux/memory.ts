import { readFile } from "node:fs/promises";
import type { Memory } from "../core/effects.ts";
import { processesIn } from "./share.ts";
import { controlGroup } from "./systemd.ts";

/** Memory as the kernel counts it. It reads files only, because every roll waits for it. */
export const procMemory = (service: string): Memory => ({
  availableBytes: async () => kilobytes(await readFile("/proc/meminfo", "utf8"), "MemAvailable"),
  async usedBytes(place) {
    const pids = await processesIn(controlGroup(service, place));
    const each = pids.map(async (pid) =>
      kilobytes(await readFile(`/proc/${pid}/status`, "utf8").catch(() => ""), "VmRSS"),
    );
    return (await Promise.all(each)).reduce((sum, bytes) => sum + bytes, 0);
  },
});

/** A field of /proc's "Name:  123 kB" lines, in bytes; 0 where it is missing. */
function kilobytes(text: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text);
  return match ? Number(match[1]) * 1024 : 0;
}
