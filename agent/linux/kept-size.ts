import { access } from "node:fs/promises";
import type { Exec } from "./exec.ts";
import { keptPath } from "./folders.ts";

const longestMs = 60_000;

/** Measures what a service keeps on this instance, in MiB; 0 before its first start. */
export const keptMib = (exec: Exec) => async (service: string) => {
  const exists = await access(keptPath(service)).then(
    () => true,
    () => false,
  );
  if (!exists) return 0;
  const text = await exec("du", ["-sm", keptPath(service)], { timeoutMs: longestMs });
  return Number(text.split("\t", 1)[0]);
};
