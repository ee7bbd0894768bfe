import type { Consul, Entry } from "../lib/consul.ts";
import { Pause, parseDocument } from "./documents.ts";
import { keys } from "./keys.ts";
import { assumed } from "./unusable.ts";

/** @returns undefined where the service's rollouts are not paused. */
export async function readPause(consul: Consul, service: string): Promise<Pause | undefined> {
  const { found } = await consul.get(keys.pause(service));
  return found && parsePause(found);
}

/** Whoever put it wanted something to stop: one that cannot be read pauses too. */
export const parsePause = ({ key, value }: Entry): Pause =>
  assumed(
    () => parseDocument(Pause, key, value),
    `shoestring resume ${key.slice(keys.pauses().length)}`,
  );
