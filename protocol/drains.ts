import type { Consul, Entry } from "./consul.ts";
import { Drain, parseDocument } from "./documents.ts";
import { keys } from "./keys.ts";
import { assumed } from "./unusable.ts";

/** An instance's drain, with the entry it was read from. */
export interface ReadDrain {
  readonly instance: string;
  readonly entry: Entry;
  readonly drain: Drain;
}

/** Every drain that was ever set and not yet cleared away; most are over. */
export async function readDrains(consul: Consul): Promise<ReadDrain[]> {
  const { found } = await consul.list(keys.drains());
  return found.map((entry) => ({ instance: drainedBy(entry), entry, drain: parseDrain(entry) }));
}

/** One that cannot be read drains its instance, and has no end: rollouts go round the instance. */
export const parseDrain = (entry: Entry): Drain => ({
  until: noEnd,
  ...assumed(
    () => parseDocument(Drain, entry.key, entry.value),
    `shoestring undrain ${drainedBy(entry)}`,
  ),
});

const noEnd = "9999-12-31T23:59:59.000Z";

const drainedBy = ({ key }: Entry) => key.slice(keys.drains().length);

/** Whether a drain takes its instance out at this time. */
export const isLive = ({ until }: Drain, at: Date) => Date.parse(until) > at.getTime();
