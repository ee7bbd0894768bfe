import type { Consul, Operation } from "../../protocol/consul.ts";
import { keys } from "../../protocol/keys.ts";
import { renewEveryMs, type Session } from "./session.ts";

/** The right of this instance to be rolling now. */
export interface Slot {
  /** Its number, from 1. */
  readonly n: number;
  /** Operation that makes a write succeed only while the slot is held (rule 9). */
  readonly proof: Operation;
  /** Gives the slot to the next instance. */
  release(): Promise<void>;
}

export interface SlotRequest {
  readonly consul: Consul;
  readonly service: string;
  readonly instance: string;
  /** How many slots there are. */
  readonly slots: number;
  readonly session: Session;
  /** What an earlier call returned; 0 at first. */
  readonly since: number;
  /** Ends the wait, because what it waits for is no longer wanted. */
  readonly signal: AbortSignal;
}

/** A slot; or, where none was free, what the next call waits with for a change. */
export type Taken =
  | { readonly slot: Slot }
  | { readonly since: number }
  /** Consul has ended the session: without one no slot can be taken. */
  | "session ended";

/**
 * Takes one of the service's slots; where none is free, waits a few seconds for one to change
 * hands, so that the caller looks now and then whether it still wants one.
 *
 * @throws ConsulAway, ConsulDenied.
 */
export async function takeSlot(request: SlotRequest): Promise<Taken> {
  const { consul, service, instance, slots, session, since, signal } = request;
  const value = JSON.stringify({ schema: 1, instance });
  for (let n = 1; n <= slots; n += 1) {
    const key = keys.slot(service, n);
    const taken = await consul.write([{ verb: "lock", key, value, session: session.id }]);
    if (taken) return { slot: heldSlot(consul, session.id, n, key, value) };
  }
  const waitSeconds = renewEveryMs / 1000;
  const { index } = await consul.list(keys.slots(service), { index: since, waitSeconds, signal });
  return (await session.renew()) ? { since: index } : "session ended";
}

function heldSlot(consul: Consul, session: string, n: number, key: string, value: string): Slot {
  return {
    n,
    proof: { verb: "check-session", key, session },
    async release() {
      // Unlocked first: a session that ends with a lock leaves it shut for the lock delay.
      await consul.write([{ verb: "unlock", key, value, session }]);
    },
  };
}
