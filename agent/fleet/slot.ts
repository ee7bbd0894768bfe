import type { Consul, Operation } from "../../protocol/consul.ts";
import { keys } from "../../protocol/keys.ts";
import { renewEveryMs, type Session } from "./session.ts";

/** The right of this instance to be rolling now. */
export interface Slot {
  /** Operation that makes a write succeed only while the slot is held (rule 9). */
  readonly proof: Operation;
  /** Gives the slot to the next instance. */
  release(): Promise<void>;
}

export interface SlotRequest {
  readonly consul: Consul;
  readonly service: string;
  readonly instance: string;
  /** How many instances may roll at once. */
  readonly maxUnavailable: number;
  readonly session: Session;
  /** Ends the wait, because what it waits for is no longer wanted. */
  readonly signal: AbortSignal;
}

/**
 * Waits for one of the service's slots and takes it.
 *
 * @returns undefined when the signal ended the wait, or Consul the session: without one no slot
 * can be taken.
 * @throws ConsulAway, ConsulDenied.
 */
export async function takeSlot(request: SlotRequest): Promise<Slot | undefined> {
  const { consul, service, instance, maxUnavailable, session, signal } = request;
  const value = JSON.stringify({ schema: 1, instance });
  const lock = async () => {
    for (let n = 1; n <= maxUnavailable; n += 1) {
      const key = keys.slot(service, n);
      if (await consul.write([{ verb: "lock", key, value, session: session.id }])) return key;
    }
    return undefined;
  };
  let index = 0;
  for (;;) {
    const key = await lock();
    if (key) return heldSlot(consul, session.id, key, value);
    // A slot that opens changes the list.
    const { index: seen } = await consul.list(keys.slots(service), {
      index,
      waitSeconds: renewEveryMs / 1000,
      signal,
    });
    index = seen;
    if (signal.aborted || !(await session.renew())) return undefined;
  }
}

function heldSlot(consul: Consul, session: string, key: string, value: string): Slot {
  return {
    proof: { verb: "check-session", key, session },
    async release() {
      // Unlocked first: a session that ends with a lock leaves it shut for the lock delay.
      await consul.write([{ verb: "unlock", key, value, session }]);
    },
  };
}
