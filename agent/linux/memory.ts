import { readFile } from "node:fs/promises";
import type { Memory } from "../effects.ts";
import type { Exec } from "./exec.ts";
import { unitOf } from "./systemd.ts";

/** Memory as the kernel counts it. */
export const procMemory = (service: string, exec: Exec): Memory => ({
  availableBytes: async () => kilobytes(await readFile("/proc/meminfo", "utf8"), "MemAvailable"),
  async usedBytes(place) {
    const unit = unitOf(service, place);
    const pid = (await exec("systemctl", ["show", unit, "--property=MainPID", "--value"])).trim();
    if (pid === "0" || pid === "") return 0;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    return kilobytes(status, "VmRSS");
  },
});

/** A field of /proc's "Name:  123 kB" lines, in bytes; 0 where there is none. */
export function kilobytes(text: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text);
  return match ? Number(match[1]) * 1024 : 0;
}
