import { cpus, release, totalmem } from "node:os";

/** Describes the machine on which a figure was measured. */
export function machineFacts() {
  return {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
  };
}
