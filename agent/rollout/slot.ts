import type { Consul, Operation } from "../../lib/consul.ts";
import { schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { holderOf } from "./holder.ts";

/** One of a service's slots, as it was read. */
export interface ReadSlot {
  /** From 1. */
  readonly n: number;
  readonly index: number;
  /** The session that holds it. */
  readonly session: string | undefined;
  /**
   * The instance that acquired it last and has not released it. Without a session, that instance
   * lost its session and may still be in the middle of a batch.
   */
  readonly holder: string | undefined;
}

/** This instance's right to roll now. */
export interface Slot {
  readonly n: number;
  /**
   * Operation that makes a write succeed only while the slot is held (rule 9: every KV write is
   * conditional).
   */
  readonly proof: Operation;
  /** Releases the slot to the next instance. */
  release(): Promise<void>;
}

/** @throws ConsulAway, ConsulDenied. */
export async function readSlots(
  consul: Consul,
  service: string,
  wait: { readonly index: number; readonly waitSeconds: number; readonly signal?: AbortSignal },
): Promise<{ readonly slots: readonly ReadSlot[]; readonly since: number }> {
  const prefix = keys.slots(service);
  const { found, index } = await consul.list(prefix, wait);
  const slots = found.map(({ key, value, modifyIndex, session }) => ({
    n: Number(key.slice(prefix.length)),
    index: modifyIndex,
    session,
    holder: holderOf(value)?.instance,
  }));
  return { slots, since: index };
}

/** Operations that acquire slot `n` if it is unchanged since it was read. */
export function acquireOperations(
  { service, instance, session }: SlotIdentity,
  n: number,
  slots: readonly ReadSlot[],
): readonly Operation[] {
  const key = keys.slot(service, n);
  const value = JSON.stringify({ schema: schemaVersion, instance });
  const read = slots.find((slot) => slot.n === n);
  return [
    read
      ? { verb: "check-index", key, index: read.index }
      : { verb: "cas", key, value: releasedValue, index: 0 },
    { verb: "lock", key, value, session },
  ];
}

export function heldSlot({ consul, service, session }: SlotIdentity, n: number): Slot {
  const key = keys.slot(service, n);
  return {
    n,
    proof: { verb: "check-session", key, session },
    async release() {
      // Unlocked first: a session that ends with a lock keeps it locked for the lock delay.
      await consul.write([{ verb: "unlock", key, value: releasedValue, session }]);
    },
  };
}

export interface SlotIdentity {
  readonly consul: Consul;
  readonly service: string;
  readonly instance: string;
  readonly session: string;
}

/** The value of a released slot. */
const releasedValue = JSON.stringify({ schema: schemaVersion });
