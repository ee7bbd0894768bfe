import { randomUUID } from "node:crypto";
import {
  type Consul,
  ConsulAway,
  ConsulDenied,
  type Entry,
  type Operation,
  type Read,
  type ReadOptions,
  type ServiceInstance,
} from "../consul.ts";

/** Consul in memory, as exact as the unit tests need: indexes, transactions, sessions, waits. */
export interface MemoryConsul extends Consul {
  /** Every call rejects with ConsulAway while this is true. */
  away(isAway: boolean): void;
  /** Every call rejects with ConsulDenied while this is true. */
  deny(isDenied: boolean): void;
  text(key: string): string | undefined;
  /** Writes as `consul kv put` does: also bytes that are not text. */
  put(key: string, value: string | Buffer): void;
  remove(key: string): void;
  keys(prefix?: string): string[];
  /** Sets the instances that have a service registered; all are healthy except `unhealthy`. */
  nodes(service: string, names: readonly string[], unhealthy?: readonly string[]): void;
  /** Services that are registered with this machine's client. */
  registrations(): string[];
  expireSession(id: string): void;
  /** Sessions that have not ended. */
  sessions(): string[];
}

/** Consul's own limits. */
const mostOperations = 64;
const largestValueBytes = 512 * 1024;
const largestTransactionBytes = 512 * 1024;

/** The lock delay of the agent's sessions (consul.ts). */
const lockDelayMs = 1000;

const asBase64 = (value: string) => Buffer.from(value).toString("base64");

/** A value as a read over HTTP gives it: bytes that are not UTF-8 are replaced. */
function asText(value: string | Buffer): string {
  const bytes = Buffer.from(value as Buffer);
  if (bytes.length > largestValueBytes) throw new Error("Consul takes 512 KB in a value");
  return bytes.toString("utf8");
}

/** @param sleep how a blocking read waits; real time by default. */
export function memoryConsul(sleep: (ms: number) => Promise<void> = realSleep): MemoryConsul {
  let index = 1;
  let isAway = false;
  let isDenied = false;
  let entries = new Map<string, Entry>();
  /** The index of each key's last change, also for deleted keys, as Consul's tombstones have it. */
  let changes = new Map<string, number>();
  const sessions = new Set<string>();
  const registered = new Map<string, readonly ServiceInstance[]>();
  const own = new Set<string>();
  const waiting = new Set<() => void>();
  /** Keys whose holder was lost: Consul does not lock them for a while. */
  const delayed = new Set<string>();

  const wakeAll = () => {
    for (const wake of [...waiting]) wake();
  };
  const answer = () => {
    if (isAway) throw new ConsulAway({ happened: "Consul is away", ...nothingElse });
    if (isDenied) throw new ConsulDenied({ happened: "Consul refused", ...nothingElse });
  };
  const put = (key: string, value: string, session?: string) => {
    const before = entries.get(key);
    // As in Consul, a write that changes nothing wakes no reader and keeps the index.
    if (before && before.value === value && before.session === session) return;
    const holder = session === undefined ? {} : { session };
    entries.set(key, { key, value, modifyIndex: index, ...holder });
    changes.set(key, index);
  };
  const remove = (key: string) => {
    if (entries.delete(key)) changes.set(key, index);
  };

  /** Whether an operation fails. */
  const isRefused = (operation: Operation): boolean => {
    const entry = entries.get(operation.key);
    switch (operation.verb) {
      case "cas":
        return (entry?.modifyIndex ?? 0) !== operation.index;
      case "delete-cas":
        // A missing key counts as deleted.
        return entry !== undefined && entry.modifyIndex !== operation.index;
      case "check-index":
        return entry?.modifyIndex !== operation.index;
      case "check-not-exists":
        return entry !== undefined;
      case "check-session":
      case "unlock":
        return entry?.session !== operation.session;
      case "lock":
        return (
          delayed.has(operation.key) ||
          !sessions.has(operation.session) ||
          (entry?.session !== undefined && entry.session !== operation.session)
        );
      case "set":
      case "delete":
      case "delete-tree":
        return false;
    }
  };
  const apply = (operation: Operation) => {
    const { verb, key } = operation;
    if (verb === "delete-cas" || verb === "delete") remove(key);
    if (verb === "delete-tree") for (const entry of under(key)) remove(entry.key);
    if (verb === "lock") put(key, operation.value, operation.session);
    if (verb === "unlock") put(key, operation.value);
    if (verb === "cas" || verb === "set") put(key, operation.value, entries.get(key)?.session);
  };
  /** Applies the operations in order, as Consul does: each sees what those before it did. */
  const transact = (operations: readonly Operation[]): boolean => {
    const before = { entries: new Map(entries), changes: new Map(changes) };
    index += 1;
    for (const operation of operations) {
      if (isRefused(operation)) {
        ({ entries, changes } = before);
        return false;
      }
      apply(operation);
    }
    return true;
  };

  const read = async <T>(
    look: () => T,
    changedAt: () => number,
    { index: since = 0, waitSeconds = 55, signal }: ReadOptions = {},
  ): Promise<Read<T>> => {
    answer();
    const isOver = () => signal?.aborted || isAway || isDenied || changedAt() > since;
    if (since > 0 && !isOver()) {
      await new Promise<void>((resolve) => {
        const end = () => {
          waiting.delete(wake);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const wake = () => {
          if (isOver()) end();
        };
        void sleep(waitSeconds * 1000).then(end);
        waiting.add(wake);
        signal?.addEventListener("abort", wake);
      });
    }
    answer();
    if (signal?.aborted) throw new ConsulAway({ happened: "the wait was ended", ...nothingElse });
    return { found: look(), index: changedAt() || index };
  };
  const under = (prefix: string) =>
    [...entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      // By bytes, as Consul sorts, in every locale.
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  const changedUnder = (prefix: string) =>
    Math.max(0, ...[...changes].flatMap(([key, at]) => (key.startsWith(prefix) ? [at] : [])));
  const endSession = (id: string) => {
    sessions.delete(id);
    index += 1;
    for (const { key, value, session } of [...entries.values()]) {
      if (session !== id) continue;
      put(key, value);
      delayed.add(key);
      void sleep(lockDelayMs).then(() => delayed.delete(key));
    }
    wakeAll();
  };

  return {
    get: (key, options) =>
      read(
        () => entries.get(key),
        () => changes.get(key) ?? 0,
        options,
      ),
    list: (prefix, options) =>
      read(
        () => under(prefix),
        () => changedUnder(prefix),
        options,
      ),
    async names(prefix) {
      answer();
      const names = under(prefix).map(({ key }) => key.slice(prefix.length).split("/", 1)[0]);
      return [...new Set(names)].filter((name) => name !== undefined && name !== "") as string[];
    },
    async write(operations) {
      answer();
      if (operations.length > mostOperations) throw new Error("Consul takes 64 in a transaction");
      const body = JSON.stringify(
        operations.map((it) => ("value" in it ? asBase64(it.value) : "")),
      );
      if (body.length > largestTransactionBytes) {
        throw new ConsulAway({ happened: "Consul takes 512 KB in a transaction", ...nothingElse });
      }
      const written = transact(operations);
      if (written) wakeAll();
      return written;
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
      endSession(id);
    },
    async serviceInstances(service) {
      answer();
      return [...(registered.get(service) ?? [])];
    },
    async registerService({ Name }) {
      answer();
      own.add(String(Name));
    },
    async deregisterService(service) {
      answer();
      own.delete(service);
    },
    away(value) {
      isAway = value;
      wakeAll();
    },
    deny(value) {
      isDenied = value;
      wakeAll();
    },
    text: (key) => entries.get(key)?.value,
    put(key, value) {
      index += 1;
      put(key, asText(value), entries.get(key)?.session);
      wakeAll();
    },
    remove(key) {
      index += 1;
      remove(key);
      wakeAll();
    },
    keys: (prefix = "") => under(prefix).map(({ key }) => key),
    nodes(service, names, unhealthy = []) {
      const seen = (name: string) => ({
        name,
        isAlive: true,
        isHealthy: !unhealthy.includes(name),
      });
      registered.set(service, names.map(seen));
    },
    registrations: () => [...own],
    expireSession: endSession,
    sessions: () => [...sessions],
  };
}

const realSleep = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });

const nothingElse = { unchanged: "everything", next: "a test" };
