import {
  type Consul,
  type Entry,
  lockDelaySeconds,
  type Operation,
  type Read,
  type ReadOptions,
  type ServiceInstance,
} from "./consul.ts";
import {
  nextIndex,
  parseEntries,
  parseInstances,
  parseNames,
  parseSession,
  refuseFiltered,
} from "./consul-answers.ts";
import { away, denied, doubtful, mayBeWritten, Refusal, statusOf } from "./consul-problems.ts";
import type { Http, HttpAnswer, HttpRequest } from "./http.ts";
import { describe } from "./problem.ts";

export interface ConsulAccess {
  /** Like `http://127.0.0.1:8500`. */
  readonly url: string;
  readonly token: string;
  readonly http: Http;
}

type SendOptions = Partial<Pick<HttpRequest, "body" | "timeoutMs" | "isLongPoll">> & {
  readonly signal?: AbortSignal | undefined;
};

const requestTimeoutMs = 10_000;

/** Consul over its HTTP API. Reads are never `stale`: an election's empty answer is no config. */
export class ConsulHttp implements Consul {
  readonly #access: ConsulAccess;

  constructor(access: ConsulAccess) {
    this.#access = access;
  }

  async get(key: string, options?: ReadOptions): Promise<Read<Entry | undefined>> {
    const { found, index } = await this.#read(`read ${key}`, `kv/${encodeKey(key)}?`, options);
    return { found: found[0], index };
  }

  list(prefix: string, options?: ReadOptions): Promise<Read<Entry[]>> {
    return this.#read(`list ${prefix}`, `kv/${encodeKey(prefix)}?recurse=true`, options);
  }

  async names(prefix: string): Promise<string[]> {
    const what = `list names under ${prefix}`;
    const path = `kv/${encodeKey(prefix)}?keys=true&separator=%2F`;
    const answer = await this.#send(what, "GET", path);
    return answer.status === 404 ? [] : parseNames(what, prefix, answer);
  }

  async write(operations: readonly Operation[]): Promise<boolean> {
    const body = JSON.stringify(operations.map(transactionOperation));
    const what = `write ${operations.map((o) => o.key).join(", ")}`;
    const answer = await this.#send(what, "PUT", "txn", { body }).catch((error) => {
      throw mayBeWritten(error) ? doubtful(what, error) : error;
    });
    if (answer.status === 409) {
      if (answer.body.includes("Permission denied")) throw denied(what, "permission denied");
      return false;
    }
    if (answer.status !== 200) throw away(what, statusOf(answer));
    return true;
  }

  async createSession(name: string, ttlSeconds: number): Promise<string> {
    const what = "create a session";
    const body = JSON.stringify({
      Name: name,
      TTL: `${ttlSeconds}s`,
      LockDelay: `${lockDelaySeconds}s`,
      Behavior: "release",
    });
    const answer = await this.#send(what, "PUT", "session/create", { body });
    if (answer.status !== 200) throw away(what, answer.body);
    return parseSession(answer.body);
  }

  async renewSession(id: string): Promise<boolean> {
    const what = "renew the session";
    const answer = await this.#send(what, "PUT", `session/renew/${id}`);
    // Only 404 means that the session is gone; an answer of a rate limit does not.
    if (answer.status === 404) return false;
    if (answer.status !== 200) throw away(what, statusOf(answer));
    return true;
  }

  async destroySession(id: string): Promise<void> {
    const what = "end the session";
    const answer = await this.#send(what, "PUT", `session/destroy/${id}`);
    if (answer.status !== 200) throw away(what, statusOf(answer));
  }

  async serviceInstances(service: string): Promise<ServiceInstance[]> {
    const what = `look up ${service}`;
    return parseInstances(what, await this.#send(what, "GET", `health/service/${service}`));
  }

  async registerService(registration: Readonly<Record<string, unknown>>): Promise<void> {
    const what = "register the service";
    const body = JSON.stringify(registration);
    const answer = await this.#send(what, "PUT", "agent/service/register", { body });
    if (answer.status !== 200) throw away(what, answer.body);
  }

  async deregisterService(service: string): Promise<void> {
    const answer = await this.#send("deregister", "PUT", `agent/service/deregister/${service}`);
    if (answer.status !== 200 && answer.status !== 404) throw away("deregister", answer.body);
  }

  async #read(what: string, path: string, options: ReadOptions = {}): Promise<Read<Entry[]>> {
    const { index = 0, waitSeconds = 55, signal } = options;
    const isLongPoll = index > 0;
    const blocking = isLongPoll ? `&index=${index}&wait=${waitSeconds}s` : "";
    const timeoutMs = (isLongPoll ? longestWaitMs(waitSeconds) : 0) + requestTimeoutMs;
    const sent = { timeoutMs, signal, isLongPoll };
    const answer = await this.#send(what, "GET", `${path}${blocking}`, sent);
    refuseFiltered(what, answer);
    const entries = answer.status === 404 ? [] : parseEntries(what, answer.body);
    return { found: entries, index: nextIndex(index, answer.headers["x-consul-index"]) };
  }

  /** The answer to a request that Consul neither refused nor failed. */
  async #send(
    what: string,
    method: "GET" | "PUT",
    path: string,
    options: SendOptions = {},
  ): Promise<HttpAnswer> {
    const answer = await this.#ask(method, path, options).catch((cause) => {
      throw away(what, describe(cause), cause);
    });
    if (answer.status === 403 || answer.status === 401) throw denied(what, answer.body.trim());
    if (answer.status >= 500 || answer.status === 429) {
      throw away(what, statusOf(answer), new Refusal(answer));
    }
    if (answer.headers["x-consul-knownleader"] === "false") throw away(what, "it has no leader");
    return answer;
  }

  async #ask(method: "GET" | "PUT", path: string, options: SendOptions): Promise<HttpAnswer> {
    const { url, token, http } = this.#access;
    const { timeoutMs = requestTimeoutMs, signal, ...others } = options;
    return http({
      method,
      url: `${url}/v1/${path}`,
      headers: { "x-consul-token": token },
      timeoutMs,
      ...others,
      ...(signal ? { signal } : {}),
    });
  }
}

/** Consul adds up to wait/16 of jitter to a blocking read (node-consul#76). */
const longestWaitMs = (waitSeconds: number) =>
  waitSeconds * 1000 + Math.ceil(waitSeconds / 16) * 1000;

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
