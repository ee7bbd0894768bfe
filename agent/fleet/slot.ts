import type { Consul, Operation } from "../../protocol/consul.ts";
import { keys } from "../../protocol/keys.ts";
import type { Clock, Log } from "../effects.ts";

/** Consul ends the session of an agent that is silent for this long (at most twice as late). */
const sessionTtlSeconds = 15;
const renewEveryMs = (sessionTtlSeconds / 3) * 1000;

/** The right of this instance to be rolling now. */
export interface Slot {
  /** Operation that makes a write succeed only while the slot is held (rule 9). */
  readonly proof: Operation;
  readonly session: string;
  /** Gives the slot to the next instance. */
  release(): Promise<void>;
  /** Stops renewing a slot that was lost. */
  forget(): void;
}

export interface SlotRequest {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
  readonly service: string;
  readonly instance: string;
  /** How many instances may roll at once. */
  readonly maxUnavailable: number;
  /** The session of an agent that was killed on this instance: its slot is ours. */
  readonly formerSession?: string | undefined;
  /** Called with the session before it holds anything, so that a next agent knows it. */
  readonly remember: (session: string) => Promise<void>;
  /** Ends the wait, because what it waits for is no longer wanted. */
  readonly signal: AbortSignal;
}

/**
 * Waits for one of the service's slots and takes it.
 *
 * @returns the slot, or undefined when the signal ended the wait.
 * @throws ConsulAway, ConsulDenied.
 */
export async function takeSlot(request: SlotRequest): Promise<Slot | undefined> {
  const { consul, service, instance, maxUnavailable, signal } = request;
  const session = await openSession(request);
  let index = 0;
  const lock = async () => {
    for (let n = 1; n <= maxUnavailable; n += 1) {
      const key = keys.slot(service, n);
      const value = JSON.stringify({ schema: 1, instance });
      if (await consul.write([{ verb: "lock", key, value, session }])) return key;
    }
    return undefined;
  };
  for (;;) {
    const key = await lock();
    if (key) return heldSlot(request, session, key);
    // A slot that opens changes the list; the wait also renews the session in time.
    const { index: seen } = await consul.list(keys.slots(service), {
      index,
      waitSeconds: renewEveryMs / 1000,
      signal,
    });
    index = seen;
    if (signal.aborted) return undefined;
    await consul.renewSession(session);
  }
}

async function openSession(request: SlotRequest): Promise<string> {
  const { consul, formerSession, remember, instance, service } = request;
  if (formerSession !== undefined && (await consul.renewSession(formerSession))) {
    return formerSession;
  }
  const session = await consul.createSession(
    `shoestring ${service} ${instance}`,
    sessionTtlSeconds,
  );
  await remember(session);
  return session;
}

function heldSlot(request: SlotRequest, session: string, key: string): Slot {
  const { consul, log, instance } = request;
  const timer = setInterval(() => {
    consul
      .renewSession(session)
      .catch((error: unknown) => log("slot.renew", { error: String(error) }));
  }, renewEveryMs);
  return {
    session,
    proof: { verb: "check-session", key, session },
    forget: () => clearInterval(timer),
    async release() {
      clearInterval(timer);
      const value = JSON.stringify({ schema: 1, instance });
      // Unlocked first: a session that ends with a lock leaves it shut for the lock delay.
      await consul.write([{ verb: "unlock", key, value, session }]);
    },
  };
}
