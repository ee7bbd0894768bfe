import { randomUUID } from "node:crypto";
import { type Entry, lockDelaySeconds, type Operation } from "../consul.ts";

/** Consul's KV store in memory: keys with their indexes, sessions with their locks, transactions. */
export class MemoryKv {
  readonly #sleep: (ms: number) => Promise<void>;
  #index = 1;
  #entries = new Map<string, Entry>();
  /** The index of each key's last change, also for deleted keys, as Consul's tombstones have it. */
  #changes = new Map<string, number>();
  readonly #sessions = new Set<string>();
  /** Keys whose holder was lost: Consul does not lock them for a while. */
  readonly #delayed = new Set<string>();

  /** @param sleep how a lock delay passes. */
  constructor(sleep: (ms: number) => Promise<void>) {
    this.#sleep = sleep;
  }

  /** The index of the last change of anything. */
  get index(): number {
    return this.#index;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  under(prefix: string): Entry[] {
    return (
      [...this.#entries.values()]
        .filter(({ key }) => key.startsWith(prefix))
        // By bytes, as Consul sorts, in every locale.
        .sort((a, b) => (a.key < b.key ? -1 : 1))
    );
  }

  /** The index of a key's last change; 0 where it never was. */
  changedAt(key: string): number {
    return this.#changes.get(key) ?? 0;
  }

  changedUnder(prefix: string): number {
    const changes = [...this.#changes];
    return Math.max(0, ...changes.flatMap(([key, at]) => (key.startsWith(prefix) ? [at] : [])));
  }

  put(key: string, value: string): void {
    this.#index += 1;
    this.#put(key, value, this.get(key)?.session);
  }

  remove(key: string): void {
    this.#index += 1;
    this.#remove(key);
  }

  /** Applies the operations in order, as Consul does: each sees what those before it did. */
  transact(operations: readonly Operation[]): boolean {
    const before = { entries: new Map(this.#entries), changes: new Map(this.#changes) };
    this.#index += 1;
    for (const operation of operations) {
      if (this.#isRefused(operation)) {
        this.#entries = before.entries;
        this.#changes = before.changes;
        return false;
      }
      this.#apply(operation);
    }
    return true;
  }

  openSession(): string {
    const id = randomUUID();
    this.#sessions.add(id);
    return id;
  }

  /** Sessions that have not ended. */
  sessions(): string[] {
    return [...this.#sessions];
  }

  /** Releases the session's locks, which stay refused for the lock delay. */
  endSession(id: string): void {
    this.#sessions.delete(id);
    this.#index += 1;
    for (const { key, value, session } of [...this.#entries.values()]) {
      if (session !== id) continue;
      this.#put(key, value);
      this.#delayed.add(key);
      void this.#sleep(lockDelaySeconds * 1000).then(() => this.#delayed.delete(key));
    }
  }

  #put(key: string, value: string, session?: string): void {
    const before = this.get(key);
    // As in Consul, a write that changes nothing wakes no reader and keeps the index.
    if (before && before.value === value && before.session === session) return;
    const holder = session === undefined ? {} : { session };
    this.#entries.set(key, { key, value, modifyIndex: this.#index, ...holder });
    this.#changes.set(key, this.#index);
  }

  #remove(key: string): void {
    if (this.#entries.delete(key)) this.#changes.set(key, this.#index);
  }

  /** Whether an operation fails. */
  #isRefused(operation: Operation): boolean {
    const entry = this.get(operation.key);
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
          this.#delayed.has(operation.key) ||
          !this.#sessions.has(operation.session) ||
          (entry?.session !== undefined && entry.session !== operation.session)
        );
      case "set":
      case "delete":
      case "delete-tree":
        return false;
    }
  }

  #apply(operation: Operation): void {
    const { verb, key } = operation;
    if (verb === "delete" || verb === "delete-cas") this.#remove(key);
    if (verb === "delete-tree") for (const entry of this.under(key)) this.#remove(entry.key);
    if (verb === "lock") this.#put(key, operation.value, operation.session);
    if (verb === "unlock") this.#put(key, operation.value);
    if (verb === "cas" || verb === "set") {
      this.#put(key, operation.value, this.get(key)?.session);
    }
  }
}
