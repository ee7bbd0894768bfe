import {
  type Consul,
  ConsulAway,
  type Entry,
  lockDelaySeconds,
  type Operation,
} from "../../lib/consul.ts";
import { type Deploy, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Log } from "../core/effects.ts";
import type { FleetSnapshot } from "./fleet-snapshot.ts";
import { holderOf } from "./holder.ts";
import { type Session, withSession } from "./session.ts";

/** By now Consul has ceased to refuse a lost holder's lock; it does not notify when that ends. */
const lockDelayOverSeconds = lockDelaySeconds + 1;

/** The leader lock of a rollout: the agent that holds its session lock is the coordinator. */
export interface CoordinatorLock {
  /**
   * Acquires it if it is free, or if an agent that was killed on this instance held it. True while
   * this agent holds it, as far as it knows.
   */
  acquire(): Promise<boolean>;
  /** Updates from what was read whether this agent still holds it. */
  check(view: FleetSnapshot): boolean;
  isHeld(): boolean;
  /**
   * Operation that makes a write succeed only while this agent holds it (rule 9: every KV write is
   * conditional); undefined if it does not.
   */
  fence(): Operation | undefined;
  /**
   * Waits for it to change hands; false if it did not. If it was refused although it is free, this
   * waits only for the lock delay of the lost session.
   */
  hasChanged(waitSeconds: number, signal: AbortSignal): Promise<boolean>;
  release(): Promise<void>;
}

export interface CoordinatorLockContext {
  readonly consul: Consul;
  readonly log: Log;
  readonly instance: string;
  /** Distinguishes this run of the agent from earlier ones on the same instance. */
  readonly incarnation: string;
}

export function coordinatorLock(
  deps: CoordinatorLockContext,
  { service, revision }: Deploy,
): CoordinatorLock {
  const { consul, log, instance, incarnation } = deps;
  const key = keys.rolloutCoordinator(service, revision);
  const value = JSON.stringify({ schema: schemaVersion, instance, incarnation });
  let session: Session | undefined;
  let since = 0;
  let isFree = false;

  /** Locks it; reads the key again if the answer was lost. @throws ConsulAway, ConsulDenied. */
  const lock = async ({ id }: Session): Promise<boolean> => {
    try {
      return await consul.write([{ verb: "lock", key, value, session: id }]);
    } catch (error) {
      if (!(error instanceof ConsulAway)) throw error;
      return (await consul.get(key)).found?.session === id;
    }
  };

  return {
    async acquire() {
      if (session) return true;
      const { found, index } = await consul.get(key);
      since = index;
      isFree = found?.session === undefined;
      const formerSession = found && sessionOfFormer(found, deps);
      if (!isFree && formerSession === undefined) return false;
      const request = { ...deps, service, formerSession, remember: async () => {} };
      session = await withSession(request, async (opened) => {
        const isLocked = await lock(opened);
        return { result: isLocked ? opened : undefined, keep: isLocked };
      });
      if (session) log("coordinator", { service, revision });
      return session !== undefined;
    },
    check({ coordinator }) {
      if (session && coordinator !== session.id) {
        void session.end();
        session = undefined;
      }
      return session !== undefined;
    },
    isHeld: () => session !== undefined,
    fence: () => session && { verb: "check-session", key, session: session.id },
    async hasChanged(longestSeconds, signal) {
      const before = since;
      const waitSeconds = isFree ? Math.min(lockDelayOverSeconds, longestSeconds) : longestSeconds;
      since = (await consul.get(key, { index: since, waitSeconds, signal })).index;
      return since !== before;
    },
    async release() {
      const ours = session;
      session = undefined;
      if (!ours) return;
      try {
        // Ending the session with the lock held would keep it locked for the lock delay.
        await consul.write([{ verb: "unlock", key, value, session: ours.id }]);
      } finally {
        await ours.end();
      }
    },
  };
}

/** The session of an agent that was killed on this instance; it holds the lock until it ends. */
function sessionOfFormer(
  { value, session }: Entry,
  deps: CoordinatorLockContext,
): string | undefined {
  const holder = holderOf(value);
  if (holder?.instance !== deps.instance || holder.incarnation === deps.incarnation)
    return undefined;
  return session;
}
