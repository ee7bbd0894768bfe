import type { Consul } from "./consul.ts";
import { Pause, parseDocument } from "./documents.ts";
import { keys } from "./keys.ts";

/** @returns undefined where the service's rollouts are not paused. */
export async function readPause(consul: Consul, service: string): Promise<Pause | undefined> {
  const key = keys.pause(service);
  const { found } = await consul.get(key);
  return found && parseDocument(Pause, key, found.value);
}
