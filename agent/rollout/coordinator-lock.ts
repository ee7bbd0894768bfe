import { type Consul, ConsulAway, type Entry, type Operation } from "../../lib/consul.ts";
import { type Deploy, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Log } from "../core/effects.ts";
import type { FleetSnapshot } from "./fleet-snapshot.ts";
import { holderOf } from "./holder.ts";
import { type Session, withSession } from "./session.ts";

/** For so long a lost holder's lock is refused at most; nothing tells when it no longer is. */
const lockDelaySeconds = 2;

/** The leader lock of a rollout: the agent that holds its session lock is the coordinator. */
export interface CoordinatorLock {
  /**
   * Acquires it where it is free, or where an agent held it that was killed on this instance. True while
   * it is ours, as far as we know.
   */
  acquire(): Promise<boolean>;
  /** Finds out from what was read whether it still is. */
  check(view: FleetSnapshot): boolean;
  isHeld(): boolean;
  /**
   * Operation that makes a write succeed only while it is ours (rule 9: every KV write is
   * conditional); undefined where it is not.
   */
  fence(): Operation | undefined;
  /**
   * Waits for it to change hands; false when it did not. Where it is free and was refused all the
   * same, it waits only for the lock delay of a session that was lost.
   */
  hasChanged(waitSeconds: number, signal: AbortSignal): Promise<boolean>;
  release(): Promise<void>;
}

export interface CoordinatorLockContext {
  readonly consul: Consul;
  readonly log: Log;
  readonly instance: string;
  /** Tells this run of the agent from those before it on the same instance. */
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

  /** Locks it; a lock whose answer was lost is asked about. @throws ConsulAway, ConsulDenied. */
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
      const waitSeconds = isFree ? Math.min(lockDelaySeconds, longestSeconds) : longestSeconds;
      since = (await consul.get(key, { index: since, waitSeconds, signal })).index;
      return since !== before;
    },
    async release() {
      const ours = session;
      session = undefined;
      if (!ours) return;
      try {
        // With its session the lock would stay shut for the lock delay.
        await consul.write([{ verb: "unlock", key, value, session: ours.id }]);
      } finally {
        await ours.end();
      }
    },
  };
}

/** The session of an agent that was killed on this instance; it holds the lock until its end. */
function sessionOfFormer(
  { value, session }: Entry,
  deps: CoordinatorLockContext,
): string | undefined {
  const holder = holderOf(value);
  if (holder?.instance !== deps.instance || holder.incarnation === deps.incarnation)
    return undefined;
  return session;
}
