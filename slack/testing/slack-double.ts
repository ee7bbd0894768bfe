import { createServer } from "node:http";
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

/** Slack's Web API, simulated over HTTP for one channel. */
export interface SlackDouble {
  /** Base URL of its API, on loopback. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly channel: string;
  /** Every call in order: its method, and the title that it sent. */
  readonly calls: readonly { readonly method: string; readonly title: string }[];
  /** Errors in the requests: must stay empty. */
  readonly faults: readonly string[];
  /** The channel's messages and those in threads, as they read now. */
  readonly messages: readonly SlackDoubleMessage[];
  /** The next calls of a method meet these failures, one each. */
  next(method: string, ...troubles: readonly Trouble[]): void;
  /** Every call meets this failure, until it is lifted with undefined. */
  always(trouble: Trouble | undefined): void;
  /** Removes a message, as a person may. */
  remove(ts: string): void;
  /** The same without a network: a silent answer takes its time from the clock. */
  readonly http: (clock: { sleep(ms: number): Promise<void> }) => Http;
  close(): Promise<void>;
}

/**
 * Starts the double. It checks the same as Slack: the token, JSON, the channel, the limits.
 *
 * @param host the address to listen on; an instance of the local region does not reach loopback.
 */
export async function slackDouble(host = "127.0.0.1"): Promise<SlackDouble> {
  const token = "xoxb-double";
  const channel = "C0DOUBLE";
  const calls: { method: string; title: string }[] = [];
  const faults: string[] = [];
  const messages: SlackDoubleMessage[] = [];
  const troubles = new Map<string, Trouble[]>();
  let unending: Trouble | undefined;
  let posted = 0;

  const applyDeploy = (method: string, asked: Record<string, unknown>): Record<string, unknown> => {
    if (asked.channel !== channel) return { ok: false, error: "channel_not_found" };
    if (method === "conversations.history") {
      const oldest = Number(asked.oldest);
      const found = messages.filter((it) => !it.thread_ts && Number(it.ts) > oldest).reverse();
      return { ok: true, messages: found };
    }
    faults.push(...faultsOf(asked));
    if (method === "chat.postMessage") {
      posted += 1;
      const ts = `${Math.floor(Date.now() / 1000)}.${String(posted).padStart(6, "0")}`;
      messages.push({ ...(asked as unknown as SlackDoubleMessage), ts });
      return { ok: true, channel, ts };
    }
    const index = messages.findIndex(({ ts }) => ts === asked.ts);
    const before = messages[index];
    if (!before) return { ok: false, error: "message_not_found" };
    messages[index] = { ...before, ...asked };
    return { ok: true, channel, ts: before.ts };
  };

  const answer = (request: Asked): HttpAnswer | "silent" => {
    const { method, asked, fault } = understood(request);
    if (fault) faults.push(fault);
    const well = (body: unknown) => ({
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(body),
    });
    calls.push({ method, title: String(asked.text ?? "") });
    if (request.authorization !== `Bearer ${token}`) {
      return well({ ok: false, error: "invalid_auth" });
    }
    const trouble = unending ?? troubles.get(method)?.shift();
    if (trouble === "silent") {
      applyDeploy(method, asked);
      return trouble;
    }
    if (trouble && "status" in trouble) return { headers: {}, body: "", ...trouble };
    return well(trouble ? { ok: false, ...trouble } : applyDeploy(method, asked));
  };

  const server = createServer(async (request, response) => {
    const { url = "", headers } = request;
    const { authorization, "content-type": type } = headers;
    const body = await text(request);
    const said = answer({ verb: request.method, url, authorization, type, body });
    if (said !== "silent") response.writeHead(said.status, said.headers).end(said.body);
  }).listen(0, host);
  await new Promise((resolve) => server.once("listening", resolve));

  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api`,
    port,
    token,
    channel,
    calls,
    faults,
    messages,
    next: (method, ...more) => {
      troubles.set(method, [...(troubles.get(method) ?? []), ...more]);
    },
    always(trouble) {
      unending = trouble;
    },
    remove(ts) {
      const index = messages.findIndex((it) => it.ts === ts);
      if (index >= 0) messages.splice(index, 1);
    },
    http:
      (clock) =>
      async ({ method, url, headers = {}, body = "", timeoutMs }) => {
        const { authorization, "content-type": type } = headers;
        const said = answer({ verb: method, url, authorization, type, body });
        if (said !== "silent") return said;
        await clock.sleep(timeoutMs);
        throw new Error(`no answer within ${timeoutMs} ms`);
      },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

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
    for (const { text: shown } of texts) {
      if (shown.length === 0 || shown.length > 3000) faults.push(`${shown.length} characters`);
    }
  }
  if (metadata !== undefined && JSON.stringify(metadata).length > 8000) faults.push("metadata");
  return faults;
}
