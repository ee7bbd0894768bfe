import { randomUUID } from "node:crypto";
import {
  type Consul,
  ConsulAway,
  ConsulDenied,
  type Entry,
  type Operation,
  type Read,
  type ReadOptions,
} from "../consul.ts";

/** Consul in memory, as faithful as the unit tests need: indexes, transactions, sessions, waits. */
export interface MemoryConsul extends Consul {
  /** Every call rejects with ConsulAway while this is true. */
  away(isAway: boolean): void;
  /** Every call rejects with ConsulDenied while this is true. */
  deny(isDenied: boolean): void;
  text(key: string): string | undefined;
  put(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix?: string): string[];
  /** Nodes that have a service registered. */
  nodes(service: string, names: readonly string[]): void;
  expireSession(id: string): void;
}

export function memoryConsul(): MemoryConsul {
  let index = 1;
  let isAway = false;
  let isDenied = false;
  const entries = new Map<string, Entry>();
  const sessions = new Set<string>();
  const registered = new Map<string, readonly string[]>();
  const waiting = new Set<() => void>();

  const changed = () => {
    for (const wake of [...waiting]) wake();
  };
  const answer = () => {
    const parts = { unchanged: "everything", next: "a test" };
    if (isAway) throw new ConsulAway({ happened: "Consul is away", ...parts });
    if (isDenied) throw new ConsulDenied({ happened: "Consul refused", ...parts });
  };
  const set = (key: string, value: string, session?: string) => {
    entries.set(key, {
      key,
      value,
      modifyIndex: index,
      ...(session === undefined ? {} : { session }),
    });
  };

  /** What an operation objects to, or undefined where it would go through. */
  const objection = (operation: Operation): boolean => {
    const entry = entries.get(operation.key);
    switch (operation.verb) {
      case "cas":
        return (entry?.modifyIndex ?? 0) !== operation.index;
      case "delete-cas":
      case "check-index":
        return entry?.modifyIndex !== operation.index;
      case "check-not-exists":
        return entry !== undefined;
      case "check-session":
      case "unlock":
        return entry?.session !== operation.session;
      case "lock":
        return (
          !sessions.has(operation.session) ||
          (entry?.session !== undefined && entry.session !== operation.session)
        );
      default:
        return false;
    }
  };
  const apply = (operation: Operation) => {
    if (operation.verb === "delete-cas") entries.delete(operation.key);
    if (operation.verb === "lock") set(operation.key, operation.value, operation.session);
    if (operation.verb === "unlock") set(operation.key, operation.value);
    if (operation.verb === "cas" || operation.verb === "set") {
      set(operation.key, operation.value, entries.get(operation.key)?.session);
    }
  };

  const read = async <T>(look: () => T, options: ReadOptions = {}): Promise<Read<T>> => {
    answer();
    const { index: since = 0, waitSeconds = 55, signal } = options;
    const before = JSON.stringify(look());
    if (since >= index && since > 0) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          if (!signal?.aborted && !isAway && JSON.stringify(look()) === before) return;
          waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          waiting.delete(wake);
          resolve();
        }, waitSeconds * 1000);
        timer.unref();
        waiting.add(wake);
        signal?.addEventListener("abort", wake);
      });
    }
    answer();
    if (signal?.aborted) {
      const parts = { unchanged: "everything", next: "a test" };
      throw new ConsulAway({ happened: "the wait was ended", ...parts });
    }
    return { found: look(), index };
  };
  const under = (prefix: string) =>
    [...entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => a.key.localeCompare(b.key));

  return {
    get: (key, options) => read(() => entries.get(key), options),
    list: (prefix, options) => read(() => under(prefix), options),
    async write(operations) {
      answer();
      if (operations.some(objection)) return false;
      index += 1;
      for (const operation of operations) apply(operation);
      changed();
      return true;
    },
    async createSession() {
      answer();
      const id = randomUUID();
      sessions.add(id);
      return id;
    },
    async renewSession(id) {
      answer();
      return sessions.has(id);
    },
    async destroySession(id) {
      answer();
      this.expireSession(id);
    },
    async serviceNodes(service) {
      answer();
      return [...(registered.get(service) ?? [])];
    },
    async registerService() {
      answer();
    },
    away(value) {
      isAway = value;
      changed();
    },
    deny(value) {
      isDenied = value;
      changed();
    },
    text: (key) => entries.get(key)?.value,
    put(key, value) {
      index += 1;
      set(key, value, entries.get(key)?.session);
      changed();
    },
    remove(key) {
      index += 1;
      entries.delete(key);
      changed();
    },
    keys: (prefix = "") => under(prefix).map(({ key }) => key),
    nodes: (service, names) => void registered.set(service, names),
    expireSession(id) {
      sessions.delete(id);
      index += 1;
      for (const { key, value, session } of [...entries.values()]) {
        if (session === id) set(key, value);
      }
      changed();
    },
  };
}
