import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Http, HttpAnswer } from "../../lib/http.ts";

/** A message as the channel has it now. */
export interface SlackDoubleMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly metadata?: unknown;
}

/** A failure of the double's next answers. */
export type Trouble =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Slack's own way: status 200 and `ok: false`. */
  | { readonly error: string }
  /** Executes the call, and never answers. */
  | "silent";

/** Starts a double. @param host an instance of the local region does not reach loopback. */
export async function slackDouble(host = "127.0.0.1"): Promise<SlackDouble> {
  const server = createServer().listen(0, host);
  await new Promise((resolve) => server.once("listening", resolve));
  return new SlackDouble(server, (server.address() as AddressInfo).port);
}

/**
 * Slack's Web API, simulated over HTTP for one channel. It checks the same as Slack: the token,
 * JSON, the channel, the limits.
 */
export class SlackDouble {
  /** Base URL of its API, on loopback. */
  readonly url: string;
  readonly port: number;
  readonly token = "xoxb-double";
  readonly channel = "C0DOUBLE";
  /** Every call in order: its method, and the title that it sent. */
  readonly calls: { readonly method: string; readonly title: string }[] = [];
  /** Errors in the requests: must stay empty. */
  readonly faults: string[] = [];
  /** The channel's messages and those in threads, as they read now. */
  readonly messages: SlackDoubleMessage[] = [];
  readonly #troubles = new Map<string, Trouble[]>();
  #always: Trouble | undefined;
  #posted = 0;
  readonly #server: Server;

  constructor(server: Server, port: number) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}/api`;
    this.#server = server.on("request", async (request, response) => {
      const { method: verb, url = "", headers } = request;
      const { authorization, "content-type": type } = headers;
      const answer = this.#answer({ verb, url, authorization, type, body: await text(request) });
      if (answer !== "silent") response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  }

  /** The next calls of a method meet these failures, one each. */
  next(method: string, ...troubles: readonly Trouble[]): void {
    this.#troubles.set(method, [...(this.#troubles.get(method) ?? []), ...troubles]);
  }

  /** Every call meets this failure, until it is lifted with undefined. */
  always(trouble: Trouble | undefined): void {
    this.#always = trouble;
  }

  /** Removes a message, as a person may. */
  remove(ts: string): void {
    const index = this.messages.findIndex((it) => it.ts === ts);
    if (index >= 0) this.messages.splice(index, 1);
  }

  /** The same without a network: a silent answer takes its time from the clock. */
  http(clock: { sleep(ms: number): Promise<void> }): Http {
    return async ({ method, url, headers = {}, body = "", timeoutMs }) => {
      const { authorization, "content-type": type } = headers;
      const answer = this.#answer({ verb: method, url, authorization, type, body });
      if (answer !== "silent") return answer;
      await clock.sleep(timeoutMs);
      throw new Error(`no answer within ${timeoutMs} ms`);
    };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.closeAllConnections();
      this.#server.close(() => resolve());
    });
  }

  #answer(request: Asked): HttpAnswer | "silent" {
    const { method, asked, fault } = understood(request);
    if (fault) this.faults.push(fault);
    this.calls.push({ method, title: String(asked.text ?? "") });
    if (request.authorization !== `Bearer ${this.token}`) {
      return success({ ok: false, error: "invalid_auth" });
    }
    const trouble = this.#always ?? this.#troubles.get(method)?.shift();
    if (trouble === "silent") {
      this.#execute(method, asked);
      return trouble;
    }
    if (trouble && "status" in trouble) return { headers: {}, body: "", ...trouble };
    return success(trouble ? { ok: false, ...trouble } : this.#execute(method, asked));
  }

  #execute(method: string, asked: Record<string, unknown>): Record<string, unknown> {
    if (asked.channel !== this.channel) return { ok: false, error: "channel_not_found" };
    if (method === "conversations.history") return this.#history(Number(asked.oldest));
    this.faults.push(...faultsOf(asked));
    return method === "chat.postMessage" ? this.#post(asked) : this.#update(asked);
  }

  #history(oldest: number): Record<string, unknown> {
    const found = this.messages.filter((it) => !it.thread_ts && Number(it.ts) > oldest).reverse();
    return { ok: true, messages: found };
  }

  #post(asked: Record<string, unknown>): Record<string, unknown> {
    this.#posted += 1;
    const ts = `${Math.floor(Date.now() / 1000)}.${String(this.#posted).padStart(6, "0")}`;
    this.messages.push({ ...(asked as unknown as SlackDoubleMessage), ts });
    return { ok: true, channel: this.channel, ts };
  }

  #update(asked: Record<string, unknown>): Record<string, unknown> {
    const index = this.messages.findIndex(({ ts }) => ts === asked.ts);
    const before = this.messages[index];
    if (!before) return { ok: false, error: "message_not_found" };
    this.messages[index] = { ...before, ...asked };
    return { ok: true, channel: this.channel, ts: before.ts };
  }
}

const success = (body: unknown): HttpAnswer => ({
  status: 200,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify(body),
});

interface Asked {
  readonly verb: string | undefined;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** The API's method and its arguments: JSON of a POST, the query of a GET. */
function understood({ verb, url, type, body }: Asked) {
  const { pathname, searchParams } = new URL(url, "http://slack");
  const method = pathname.replace("/api/", "");
  if (method === "conversations.history") {
    const fault = verb === "GET" ? undefined : `${method} takes its arguments in the query`;
    return { method, asked: Object.fromEntries(searchParams) as Record<string, unknown>, fault };
  }
  const isJson = verb === "POST" && type === "application/json; charset=utf-8";
  const fault = isJson ? undefined : `${method} is a POST of JSON, got ${verb} of ${type}`;
  return { method, asked: JSON.parse(body) as Record<string, unknown>, fault };
}

/** Things that Slack would refuse or show wrongly. */
function faultsOf({ text: title, blocks, metadata }: Record<string, unknown>): string[] {
  const faults: string[] = [];
  if (typeof title !== "string" || title === "") faults.push("a message without a text");
  if (!Array.isArray(blocks) || blocks.length === 0 || blocks.length > 50) {
    faults.push("a message has from 1 to 50 blocks");
    return faults;
  }
  for (const block of blocks) {
    const texts = block.type === "section" ? [block.text] : block.elements;
    for (const { text } of texts) {
      if (text.length === 0 || text.length > 3000) faults.push(`${text.length} characters`);
    }
  }
  if (metadata !== undefined && JSON.stringify(metadata).length > 8000) faults.push("metadata");
  return faults;
}
