import type { Consul, Entry } from "../lib/consul.ts";
import { Pause, parseDocument } from "./documents.ts";
import { keys } from "./keys.ts";
import { assumed } from "./unusable.ts";

/** @returns undefined if the service's rollouts are not paused. */
export async function readPause(consul: Consul, service: string): Promise<Pause | undefined> {
  const { found } = await consul.get(keys.pause(service));
  return found && parsePause(found);
}

/** A pause that cannot be read still pauses: its writer wanted to stop the rollout. */
export const parsePause = ({ key, value }: Entry): Pause =>
  assumed(
    () => parseDocument(Pause, key, value),
    `shoestring resume ${key.slice(keys.pauses().length)}`,
  );
