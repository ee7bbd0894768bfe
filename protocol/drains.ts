import type { Consul, Entry } from "./consul.ts";
import { Drain, parseDocument } from "./documents.ts";
import { keys } from "./keys.ts";

/** An instance's drain, with the entry it was read from. */
export interface ReadDrain {
  readonly instance: string;
  readonly entry: Entry;
  readonly drain: Drain;
}

/** Every drain that was ever set and not yet cleared away; most are over. */
export async function readDrains(consul: Consul): Promise<ReadDrain[]> {
  const { found } = await consul.list(keys.drains());
  return found.map((entry) => ({
    instance: entry.key.slice(keys.drains().length),
    entry,
    drain: parseDocument(Drain, entry.key, entry.value),
  }));
}

/** Whether a drain takes its instance out at this time. */
export const isLive = ({ until }: Drain, at: Date) => Date.parse(until) > at.getTime();
