import { cpus, release, totalmem } from "node:os";

/** What a figure was measured on. */
export function machineFacts() {
  return {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
  };
}
