import * as z from "zod";
import { type Http, type HttpAnswer, type HttpRequest, NoAnswer } from "./http.ts";
import { parseJson } from "./json.ts";
import { describe, Problem } from "./problem.ts";

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

export interface ConsulAccess {
  /** Like `http://127.0.0.1:8500`. */
  readonly url: string;
  readonly token: string;
  readonly http: Http;
}

const KvAnswer = z.array(
  z.object({
    Key: z.string(),
    Value: z.string().nullable(),
    ModifyIndex: z.number(),
    Session: z.string().optional(),
  }),
);

const HealthAnswer = z.array(
  z.object({
    Node: z.object({ Node: z.string() }),
    Checks: z.array(z.object({ CheckID: z.string(), Status: z.string() })),
  }),
);

const requestTimeoutMs = 10_000;

/** Consul over its HTTP API. Reads are never `stale`: an election's empty answer is no config. */
export function consulOverHttp({ url, token, http }: ConsulAccess): Consul {
  const send = async (
    what: string,
    method: "GET" | "PUT",
    path: string,
    options: Partial<Pick<HttpRequest, "body" | "timeoutMs" | "isLongPoll">> & {
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<HttpAnswer> => {
    const { timeoutMs = requestTimeoutMs, signal, ...others } = options;
    let answer: HttpAnswer;
    try {
      answer = await http({
        method,
        url: `${url}/v1/${path}`,
        headers: { "x-consul-token": token },
        timeoutMs,
        ...others,
        ...(signal ? { signal } : {}),
      });
    } catch (cause) {
      throw away(what, describe(cause), cause);
    }
    if (answer.status === 403 || answer.status === 401) throw denied(what, answer.body.trim());
    if (answer.status >= 500 || answer.status === 429) {
      throw away(what, statusOf(answer), new Refusal(answer));
    }
    if (answer.headers["x-consul-knownleader"] === "false") throw away(what, "it has no leader");
    return answer;
  };

  const read = async (
    what: string,
    path: string,
    options: ReadOptions = {},
  ): Promise<Read<Entry[]>> => {
    const { index = 0, waitSeconds = 55, signal } = options;
    const blocking = index > 0 ? `&index=${index}&wait=${waitSeconds}s` : "";
    // Consul adds up to wait/16 of jitter to a blocking read (node-consul#76).
    const jitterMs = index > 0 ? Math.ceil(waitSeconds / 16) * 1000 : 0;
    const timeoutMs = (index > 0 ? waitSeconds * 1000 + jitterMs : 0) + requestTimeoutMs;
    const isLongPoll = index > 0;
    const answer = await send(what, "GET", `${path}${blocking}`, { timeoutMs, signal, isLongPoll });
    refuseFiltered(what, answer);
    const entries = answer.status === 404 ? [] : parseEntries(what, answer.body);
    return { found: entries, index: nextIndex(index, answer.headers["x-consul-index"]) };
  };

  return {
    async get(key, options) {
      const { found, index } = await read(`read ${key}`, `kv/${encodeKey(key)}?`, options);
      return { found: found[0], index };
    },
    list: (prefix, options) =>
      read(`list ${prefix}`, `kv/${encodeKey(prefix)}?recurse=true`, options),
    async names(prefix) {
      const what = `list names under ${prefix}`;
      const answer = await send(what, "GET", `kv/${encodeKey(prefix)}?keys=true&separator=%2F`);
      return answer.status === 404 ? [] : parseNames(what, prefix, answer);
    },
    async write(operations) {
      const body = JSON.stringify(operations.map(transactionOperation));
      const what = `write ${operations.map((o) => o.key).join(", ")}`;
      const answer = await send(what, "PUT", "txn", { body }).catch((error) => {
        throw mayBeWritten(error) ? doubtful(what, error) : error;
      });
      if (answer.status === 409) {
        if (answer.body.includes("Permission denied")) throw denied(what, "permission denied");
        return false;
      }
      if (answer.status !== 200) throw away(what, statusOf(answer));
      return true;
    },
    async createSession(name, ttlSeconds) {
      const body = JSON.stringify({
        Name: name,
        TTL: `${ttlSeconds}s`,
        LockDelay: "1s",
        Behavior: "release",
      });
      const answer = await send("create a session", "PUT", "session/create", { body });
      if (answer.status !== 200) throw away("create a session", answer.body);
      return z.object({ ID: z.string() }).parse(parseJson(answer.body)).ID;
    },
    async renewSession(id) {
      const what = "renew the session";
      const answer = await send(what, "PUT", `session/renew/${id}`);
      // Only 404 means that the session is gone; an answer of a rate limit does not.
      if (answer.status === 404) return false;
      if (answer.status !== 200) throw away(what, statusOf(answer));
      return true;
    },
    async destroySession(id) {
      const what = "end the session";
      const answer = await send(what, "PUT", `session/destroy/${id}`);
      if (answer.status !== 200) throw away(what, statusOf(answer));
    },
    async serviceInstances(service) {
      const what = `look up ${service}`;
      const answer = await send(what, "GET", `health/service/${service}`);
      return parseInstances(what, answer);
    },
    async registerService(registration) {
      const body = JSON.stringify(registration);
      const answer = await send("register the service", "PUT", "agent/service/register", { body });
      if (answer.status !== 200) throw away("register the service", answer.body);
    },
    async deregisterService(service) {
      const answer = await send("deregister", "PUT", `agent/service/deregister/${service}`);
      if (answer.status !== 200 && answer.status !== 404) throw away("deregister", answer.body);
    },
  };
}

function away(what: string, why: string, cause?: unknown): ConsulAway {
  return new ConsulAway({
    happened: `Consul did not ${what}: ${why}`,
    unchanged: "everything goes on as it was",
    next: "look at Consul with: consul members; consul operator raft list-peers",
    cause,
  });
}

const statusOf = ({ status, body }: HttpAnswer) => `status ${status}: ${body.trim()}`;

/** An answer that is not usable, in Consul's own words. */
class Refusal extends Error {
  /** Whether the answer means that nothing was written. */
  readonly isCertain: boolean;
  constructor(answer: HttpAnswer) {
    super(statusOf(answer));
    this.isCertain = answer.status === 429 || /No cluster leader/i.test(answer.body);
  }
}

/** Whether a transaction without a usable answer may have been applied. */
function mayBeWritten(error: unknown): error is ConsulAway {
  if (!(error instanceof ConsulAway)) return false;
  const { cause } = error;
  if (cause instanceof NoAnswer) return cause.isSent;
  return !(cause instanceof Refusal && cause.isCertain);
}

function doubtful(what: string, { cause, happened }: ConsulAway): ConsulAway {
  return new ConsulAway({
    happened: `Consul was asked to ${what}, and its answer was lost: ${cause ? describe(cause) : happened}`,
    unchanged: "all of it was written or nothing, nobody knows which",
    next: "look at it before you do it again: shoestring status",
    cause,
  });
}

function denied(what: string, why: string): ConsulDenied {
  return new ConsulDenied({
    happened: `Consul refused to ${what}: ${why}`,
    unchanged: "nothing was read or written",
    next: "check the token and its policy with: consul acl token read -self",
  });
}

function refuseFiltered(what: string, { headers }: HttpAnswer): void {
  if (headers["x-consul-results-filtered-by-acls"] !== "true") return;
  throw denied(what, "the token may not see all of it, so the list is not the whole list");
}

/** An index must be ≥ 1 and starts again at 0 when it goes backwards (a restored snapshot). */
function nextIndex(previous: number, header: string | string[] | undefined): number {
  const index = Number(header);
  return Number.isSafeInteger(index) && index >= 1 && index >= previous ? index : 0;
}

function parseEntries(what: string, body: string): Entry[] {
  try {
    return KvAnswer.parse(parseJson(body)).map(({ Key, Value, ModifyIndex, Session }) => ({
      key: Key,
      value: Value === null ? "" : Buffer.from(Value, "base64").toString("utf8"),
      modifyIndex: ModifyIndex,
      ...(Session === undefined ? {} : { session: Session }),
    }));
  } catch (cause) {
    throw away(what, "its answer is not the JSON of KV entries", cause);
  }
}

function parseNames(what: string, prefix: string, answer: HttpAnswer): string[] {
  refuseFiltered(what, answer);
  try {
    const paths = z.array(z.string()).parse(parseJson(answer.body));
    // A key and the folder of the same name come one after the other, the folder with a slash.
    const names = paths.map((path) => path.slice(prefix.length).replace(/\/$/, ""));
    return [...new Set(names)].filter((name) => name !== "");
  } catch (cause) {
    throw away(what, "its answer is not the JSON of names", cause);
  }
}

function parseInstances(what: string, answer: HttpAnswer): ServiceInstance[] {
  refuseFiltered(what, answer);
  try {
    return HealthAnswer.parse(parseJson(answer.body)).map(({ Node, Checks }) => ({
      name: Node.Node,
      isAlive: Checks.every((it) => it.CheckID !== "serfHealth" || it.Status === "passing"),
      isHealthy: Checks.every((it) => it.Status === "passing"),
    }));
  } catch (cause) {
    throw away(what, "its answer is not the JSON of service instances", cause);
  }
}

function transactionOperation(operation: Operation): unknown {
  const { verb, key } = operation;
  return {
    KV: {
      Verb: verb,
      Key: key,
      ...("value" in operation ? { Value: Buffer.from(operation.value).toString("base64") } : {}),
      ...("index" in operation ? { Index: operation.index } : {}),
      ...("session" in operation ? { Session: operation.session } : {}),
    },
  };
}

const encodeKey = (key: string) => key.split("/").map(encodeURIComponent).join("/");
