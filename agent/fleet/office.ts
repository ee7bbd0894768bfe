import type { Consul, Operation } from "../../protocol/consul.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Log } from "../effects.ts";
import { openSession, type Session } from "./session.ts";
import type { FleetView } from "./view.ts";

/** The office of a rollout's coordinator: a session lock that one agent holds at a time. */
export interface Office {
  /** Takes it where it is free. True while it is ours, as far as we know. */
  take(): Promise<boolean>;
  /** Finds out from what was read whether it still is. */
  check(view: FleetView): boolean;
  isOurs(): boolean;
  /** Operation that makes a write succeed only while it is ours (rule 9); undefined where it is not. */
  proof(): Operation | undefined;
  /** Waits for it to change hands; false when it did not. */
  hasChanged(waitSeconds: number, signal: AbortSignal): Promise<boolean>;
  leave(): Promise<void>;
}

export function officeOf(
  on: { readonly consul: Consul; readonly log: Log; readonly instance: string },
  { service, revision }: Deploy,
): Office {
  const { consul, log, instance } = on;
  const key = keys.rolloutCoordinator(service, revision);
  const value = JSON.stringify({ schema: 1, instance });
  let session: Session | undefined;
  let since = 0;

  const resign = () => {
    session?.close();
    session = undefined;
  };

  return {
    async take() {
      if (session) return true;
      const { found, index } = await consul.get(key);
      since = index;
      if (found?.session !== undefined) return false;
      const opened = await openSession({ ...on, service, remember: async () => {} });
      if (await consul.write([{ verb: "lock", key, value, session: opened.id }])) {
        session = opened;
        log("coordinator", { service, revision });
        return true;
      }
      opened.close();
      await consul.destroySession(opened.id);
      return false;
    },
    check({ coordinator }) {
      if (session && coordinator !== session.id) resign();
      return session !== undefined;
    },
    isOurs: () => session !== undefined,
    proof: () => session && { verb: "check-session", key, session: session.id },
    async hasChanged(waitSeconds, signal) {
      const before = since;
      since = (await consul.get(key, { index: since, waitSeconds, signal })).index;
      return since !== before;
    },
    async leave() {
      const ours = session;
      resign();
      // With its session the lock would stay shut for the lock delay.
      if (ours) await consul.write([{ verb: "unlock", key, value, session: ours.id }]);
      if (ours) await consul.destroySession(ours.id);
    },
  };
}
