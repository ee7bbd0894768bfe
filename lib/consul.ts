import { Problem } from "./problem.ts";

/**
 * How long Consul refuses the lock of a session that ended while it held it. Consul does not notify
 * when that ends.
 */
export const lockDelaySeconds = 1;

/** One key of Consul KV with its value and the index that a compare-and-swap must give. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly modifyIndex: number;
  /** The session that holds the key as a lock. */
  readonly session?: string;
}

/** The result of a read, and the index from which the next blocking read waits. */
export interface Read<T> {
  readonly found: T;
  readonly index: number;
}

export interface ReadOptions {
  /** Wait for a change after this index. */
  readonly index?: number;
  /** Longest wait, in seconds. @default 55, under every default timeout of Consul's server */
  readonly waitSeconds?: number;
  readonly signal?: AbortSignal;
}

/** One operation of a transaction. `cas` with index 0 creates; a conflict refuses them all. */
export type Operation =
  | { readonly verb: "cas"; readonly key: string; readonly value: string; readonly index: number }
  | { readonly verb: "set"; readonly key: string; readonly value: string }
  | { readonly verb: "delete-cas"; readonly key: string; readonly index: number }
  /** Deletes a key; a missing one is not a conflict. */
  | { readonly verb: "delete"; readonly key: string }
  /** Deletes every key that begins with this one: a folder, with its slash at the end. */
  | { readonly verb: "delete-tree"; readonly key: string }
  | { readonly verb: "check-index"; readonly key: string; readonly index: number }
  | { readonly verb: "check-not-exists"; readonly key: string }
  | { readonly verb: "check-session"; readonly key: string; readonly session: string }
  | {
      readonly verb: "lock";
      readonly key: string;
      readonly value: string;
      readonly session: string;
    }
  | {
      readonly verb: "unlock";
      readonly key: string;
      readonly value: string;
      readonly session: string;
    };

/** One machine where a service is registered, with the state of Consul's checks. */
export interface ServiceInstance {
  readonly name: string;
  /** Whether the other machines reach it. */
  readonly isAlive: boolean;
  /** Whether all checks pass: the machine's and the service's. */
  readonly isHealthy: boolean;
}

/** Consul as Shoestring uses it. Every method rejects with ConsulAway without a usable answer. */
export interface Consul {
  /** The entry, or undefined for a key that does not exist. */
  get(key: string, options?: ReadOptions): Promise<Read<Entry | undefined>>;
  /** All entries under a prefix. Rejects with ConsulDenied where ACLs filtered the list. */
  list(prefix: string, options?: ReadOptions): Promise<Read<Entry[]>>;
  /** Names of keys and folders directly under a prefix that ends with a slash, without values. */
  names(prefix: string): Promise<string[]>;
  /**
   * Does all or nothing; false where another writer was faster. Where it rejects with ConsulAway,
   * Consul may have done all of it nevertheless: the problem says whether that is possible.
   */
  write(operations: readonly Operation[]): Promise<boolean>;
  /** A new session that ends by itself after `ttlSeconds` (Consul may take twice that). */
  createSession(name: string, ttlSeconds: number): Promise<string>;
  /** False where the session is gone. */
  renewSession(id: string): Promise<boolean>;
  destroySession(id: string): Promise<void>;
  /** The machines where a service is registered. */
  serviceInstances(service: string): Promise<ServiceInstance[]>;
  /** Registers a service with this machine's Consul client. */
  registerService(registration: Readonly<Record<string, unknown>>): Promise<void>;
  /** Removes a service of this machine from the catalogue; a missing one is ignored. */
  deregisterService(service: string): Promise<void>;
}

/** No usable answer: Consul is away, leaderless or failing. The desired state stays unknown. */
export class ConsulAway extends Problem {
  override readonly name = "ConsulAway";
}

/** Consul refused: the token is wrong, revoked, or may not read or write this. */
export class ConsulDenied extends Problem {
  override readonly name = "ConsulDenied";
}
