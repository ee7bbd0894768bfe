import {
  type Consul,
  ConsulAway,
  ConsulDenied,
  type Operation,
  type Read,
  type ReadOptions,
  type ServiceInstance,
} from "../consul.ts";
import { MemoryKv } from "./memory-kv.ts";

/** Consul's own limits. */
const mostOperations = 64;
const largestValueBytes = 512 * 1024;
const largestTransactionBytes = 512 * 1024;

/** @param sleep how a blocking read waits; real time by default. */
export function memoryConsul(sleep: (ms: number) => Promise<void> = realSleep): MemoryConsul {
  return new MemoryConsul(sleep);
}

/**
 * Consul in memory, as exact as the unit tests need: indexes, transactions, sessions, waits. Its
 * methods are bound properties: a test spreads the object and replaces one of them.
 */
export class MemoryConsul implements Consul {
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #kv: MemoryKv;
  readonly #catalogue = new Map<string, readonly ServiceInstance[]>();
  /** Services that are registered with this machine's client. */
  readonly #registrations = new Set<string>();
  /** Blocking reads: each looks whether its wait is over. */
  readonly #waiting = new Set<() => void>();
  #isAway = false;
  #isDenied = false;

  constructor(sleep: (ms: number) => Promise<void>) {
    this.#sleep = sleep;
    this.#kv = new MemoryKv(sleep);
  }

  get: Consul["get"] = (key, options) =>
    this.#read(
      () => this.#kv.get(key),
      () => this.#kv.changedAt(key),
      options,
    );

  list: Consul["list"] = (prefix, options) =>
    this.#read(
      () => this.#kv.under(prefix),
      () => this.#kv.changedUnder(prefix),
      options,
    );

  names: Consul["names"] = async (prefix) => {
    this.#answer();
    const names = this.keys(prefix).map((key) => key.slice(prefix.length).split("/", 1)[0]);
    return [...new Set(names)].filter((name) => name !== undefined && name !== "") as string[];
  };

  write: Consul["write"] = async (operations) => {
    this.#answer();
    refuseLarge(operations);
    const written = this.#kv.transact(operations);
    if (written) this.#wakeAll();
    return written;
  };

  createSession: Consul["createSession"] = async () => {
    this.#answer();
    return this.#kv.openSession();
  };

  renewSession: Consul["renewSession"] = async (id) => {
    this.#answer();
    return this.sessions().includes(id);
  };

  destroySession: Consul["destroySession"] = async (id) => {
    this.#answer();
    this.expireSession(id);
  };

  serviceInstances: Consul["serviceInstances"] = async (service) => {
    this.#answer();
    return [...(this.#catalogue.get(service) ?? [])];
  };

  registerService: Consul["registerService"] = async ({ Name }) => {
    this.#answer();
    this.#registrations.add(String(Name));
  };

  deregisterService: Consul["deregisterService"] = async (service) => {
    this.#answer();
    this.#registrations.delete(service);
  };

  /** Every call rejects with ConsulAway while this is true. */
  away = (isAway: boolean): void => {
    this.#isAway = isAway;
    this.#wakeAll();
  };

  /** Every call rejects with ConsulDenied while this is true. */
  deny = (isDenied: boolean): void => {
    this.#isDenied = isDenied;
    this.#wakeAll();
  };

  text = (key: string): string | undefined => this.#kv.get(key)?.value;

  /** Writes as `consul kv put` does: also bytes that are not text. */
  put = (key: string, value: string | Buffer): void => {
    this.#kv.put(key, asText(value));
    this.#wakeAll();
  };

  remove = (key: string): void => {
    this.#kv.remove(key);
    this.#wakeAll();
  };

  keys = (prefix = ""): string[] => this.#kv.under(prefix).map(({ key }) => key);

  /** Sets the instances that have a service registered; all are healthy except `unhealthy`. */
  nodes = (service: string, names: readonly string[], unhealthy: readonly string[] = []): void => {
    const seen = (name: string) => ({
      name,
      isAlive: true,
      isHealthy: !unhealthy.includes(name),
    });
    this.#catalogue.set(service, names.map(seen));
  };

  /** Services that are registered with this machine's client. */
  registrations = (): string[] => [...this.#registrations];

  expireSession = (id: string): void => {
    this.#kv.endSession(id);
    this.#wakeAll();
  };

  /** Sessions that have not ended. */
  sessions = (): string[] => this.#kv.sessions();

  async #read<T>(
    look: () => T,
    changedAt: () => number,
    { index: since = 0, waitSeconds = 55, signal }: ReadOptions = {},
  ): Promise<Read<T>> {
    this.#answer();
    const isOver = () => signal?.aborted || this.#isAway || this.#isDenied || changedAt() > since;
    if (since > 0 && !isOver()) await this.#wait(isOver, waitSeconds, signal);
    this.#answer();
    if (signal?.aborted) throw new ConsulAway({ happened: "the wait was ended", ...nothingElse });
    return { found: look(), index: changedAt() || this.#kv.index };
  }

  #wait(
    isOver: () => boolean | undefined,
    waitSeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return new Promise<void>((resolve) => {
      const end = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const wake = () => {
        if (isOver()) end();
      };
      void this.#sleep(waitSeconds * 1000).then(end);
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #answer(): void {
    if (this.#isAway) throw new ConsulAway({ happened: "Consul is away", ...nothingElse });
    if (this.#isDenied) throw new ConsulDenied({ happened: "Consul refused", ...nothingElse });
  }
}

/** A value as a read over HTTP gives it: bytes that are not UTF-8 are replaced. */
function asText(value: string | Buffer): string {
  const bytes = Buffer.from(value as Buffer);
  if (bytes.length > largestValueBytes) throw new Error("Consul takes 512 KB in a value");
  return bytes.toString("utf8");
}

function refuseLarge(operations: readonly Operation[]): void {
  if (operations.length > mostOperations) throw new Error("Consul takes 64 in a transaction");
  const body = JSON.stringify(operations.map((it) => ("value" in it ? asBase64(it.value) : "")));
  if (body.length > largestTransactionBytes) {
    throw new ConsulAway({ happened: "Consul takes 512 KB in a transaction", ...nothingElse });
  }
}

const asBase64 = (value: string) => Buffer.from(value).toString("base64");

const realSleep = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });

const nothingElse = { unchanged: "everything", next: "a test" };
