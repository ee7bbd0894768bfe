import type { Consul, Entry, Operation } from "../lib/consul.ts";
import { Drain, DrainOrder, formatDocument, parseDocument, schemaVersion } from "./documents.ts";
import { keys } from "./keys.ts";
import { assumed, parseEach } from "./unusable.ts";

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

/**
 * Whether a drain is of before another one of the same instance, as after a restored snapshot. Like
 * deploys, a lower revision counts where it was written later: revisions start again after a restore.
 */
export const isOlder = (one: Drain, than: Drain) =>
  (one.revision ?? 0) <= (than.revision ?? 0) && changedAt(one) < changedAt(than);

const changedAt = ({ at, changedAt }: Drain) => Date.parse(changedAt ?? at);

/** How often drains were written, and the index of the key that says so. */
export interface ReadOrder {
  readonly revision: number;
  readonly index: number;
}

/** Read before the drains that are decided from: whoever writes one meanwhile changes it. */
export async function readDrainOrder(consul: Consul): Promise<ReadOrder> {
  const { found } = await consul.get(keys.drainOrder());
  if (!found) return { revision: 0, index: 0 };
  const { usable } = parseEach([found], ({ key, value }) => parseDocument(DrainOrder, key, value));
  // One that cannot be read is replaced: drains keep the order themselves.
  return { revision: usable[0]?.revision ?? 0, index: found.modifyIndex };
}

/** The revision of what is written next. */
export const nextRevision = ({ revision }: ReadOrder, drains: readonly ReadDrain[]) =>
  Math.max(revision, ...drains.map((it) => it.drain.revision ?? 0)) + 1;

/** Refuses the transaction where another drain was written since the order was read. */
export function orderOperation({ index }: ReadOrder, revision: number): Operation {
  const key = keys.drainOrder();
  const value = formatDocument(DrainOrder, key, { schema: schemaVersion, revision });
  return { verb: "cas", key, value, index };
}
