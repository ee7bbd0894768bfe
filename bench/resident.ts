import { readFileSync } from "node:fs";

/** The resident memory in one or more texts of /proc/<pid>/status, added up, in megabytes. */
export function megabytes(status: string): number {
  const kilobytes = [...status.matchAll(/VmRSS:\s+(\d+)/g)].map(([, value]) => Number(value));
  return Math.round(kilobytes.reduce((sum, value) => sum + value, 0) / 102.4) / 10;
}

/** The resident memory of a process on this machine, and its used processor time. */
export function usageOf(pid: number): { readonly megabytes: number; readonly cpuSeconds: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The 14th and 15th field, in hundredths of a second; the second may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100;
  return { megabytes: megabytes(readFileSync(`/proc/${pid}/status`, "utf8")), cpuSeconds };
}
