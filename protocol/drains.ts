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

/** Every drain that was set and not yet deleted; most have ended. */
export async function readDrains(consul: Consul): Promise<ReadDrain[]> {
  const { found } = await consul.list(keys.drains());
  return found.map((entry) => ({ instance: drainedBy(entry), entry, drain: parseDrain(entry) }));
}

/** A drain that cannot be read counts as a drain without an end: rollouts skip the instance. */
export const parseDrain = (entry: Entry): Drain => ({
  until: noEnd,
  ...assumed(
    () => parseDocument(Drain, entry.key, entry.value),
    `shoestring undrain ${drainedBy(entry)}`,
  ),
});

const noEnd = "9999-12-31T23:59:59.000Z";

const drainedBy = ({ key }: Entry) => key.slice(keys.drains().length);

/** Whether a drain is in effect at this time. */
export const isLive = ({ until }: Drain, at: Date) => Date.parse(until) > at.getTime();

/**
 * Whether a drain is older than another one of the same instance, as after a restored snapshot. As
 * for deploys, a lower revision wins if it was written later: revisions start again after a
 * restore.
 */
export const isOlder = (one: Drain, than: Drain) =>
  (one.revision ?? 0) <= (than.revision ?? 0) && changedAt(one) < changedAt(than);

const changedAt = ({ at, changedAt }: Drain) => Date.parse(changedAt ?? at);

/** The number of drain writes, and the index of the key that counts them. */
export interface ReadOrder {
  readonly revision: number;
  readonly index: number;
}

/** Read before the drains that a decision is based on: a write in between changes it. */
export async function readDrainOrder(consul: Consul): Promise<ReadOrder> {
  const { found } = await consul.get(keys.drainOrder());
  if (!found) return { revision: 0, index: 0 };
  const { usable } = parseEach([found], ({ key, value }) => parseDocument(DrainOrder, key, value));
  // An order that cannot be read is replaced: the drains keep the order themselves.
  return { revision: usable[0]?.revision ?? 0, index: found.modifyIndex };
}

/** The revision of the next write. */
export const nextRevision = ({ revision }: ReadOrder, drains: readonly ReadDrain[]) =>
  Math.max(revision, ...drains.map((it) => it.drain.revision ?? 0)) + 1;

/** Refuses the transaction if another drain was written since the order was read. */
export function orderOperation({ index }: ReadOrder, revision: number): Operation {
  const key = keys.drainOrder();
  const value = formatDocument(DrainOrder, key, { schema: schemaVersion, revision });
  return { verb: "cas", key, value, index };
}
