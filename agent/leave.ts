import { writeFile } from "node:fs/promises";
import type { Clock } from "./effects.ts";
import { readAgentFile } from "./files.ts";
import { leavingPath } from "./linux/folders.ts";

/**
 * Before a shutdown: fails the load balancer's health check on purpose, and keeps serving until
 * the load balancer has had the time to send its requests elsewhere.
 */
export async function leave(clock: Clock): Promise<void> {
  const { deregisterSeconds } = await readAgentFile();
  await writeFile(leavingPath, "");
  await clock.sleep(deregisterSeconds * 1000);
}
