import { writeFile } from "node:fs/promises";
import type { Clock } from "./effects.ts";
import { readAgentFile } from "./files.ts";
import { leavingPath } from "./linux/folders.ts";

/**
 * Before a shutdown: fails the load balancer's health check on purpose, and keeps serving until
 * the load balancer has had the time to send its requests elsewhere.
 */
export async function leave(clock: Clock): Promise<void> {
  const { SHOESTRING_DEREGISTER_SECONDS: sooner } = process.env;
  const deregisterSeconds = sooner ? Number(sooner) : (await readAgentFile()).deregisterSeconds;
  await writeFile(leavingPath, "");
  await clock.sleep(deregisterSeconds * 1000);
}
