import { setMaxListeners } from "node:events";
import { Agent, type ClientRequest, request } from "node:http";

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the call to the last byte of the answer, including the wait for a connection. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Whether the server answers only after a change: then it takes no connection from others. */
  readonly isLongPoll?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends one request; resolves for every status, and rejects with NoAnswer without an answer. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

/** A request that got no answer. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** Whether the server may have got the request and acted on it. */
  readonly isSent: boolean;
  constructor(message: string, isSent: boolean, cause?: unknown) {
    super(message, { cause });
    this.isSent = isSent;
  }
}

/** Long polls at a time to one server. Consul lets one address have 200 connections. */
const mostLongPolls = 128;

/**
 * HTTP and HTTPS over node's own client: the global `fetch` costs an idle agent about 10 MB.
 *
 * @param keepAlive keep connections for the next request; off for probes, which must each
 * reach the process that listens now.
 * @param maxSockets connections to one server, beside those of its long polls.
 * @param localAddress the address of this machine that connections come from. @default the kernel's choice
 * @param largestAnswerBytes a request with a longer answer rejects: for a foreign server.
 */
export function nodeHttp({
  keepAlive = true,
  maxSockets = 16,
  localAddress,
  largestAnswerBytes = Number.POSITIVE_INFINITY,
}: {
  readonly keepAlive?: boolean;
  readonly maxSockets?: number;
  readonly localAddress?: string;
  readonly largestAnswerBytes?: number;
} = {}): Http {
  const options = { keepAlive, maxSockets, ...(localAddress && { localAddress }) };
  const overHttp = {
    request,
    agent: new Agent(options),
    longPolls: new Agent({ ...options, maxSockets: mostLongPolls }),
  };
  let overHttps: Promise<typeof overHttp> | undefined;
  const clientFor = (url: string) => {
    if (!url.startsWith("https:")) return overHttp;
    // Loaded at the first use: most machines speak only to their own Consul.
    overHttps ??= import("node:https").then((https) => ({
      request: https.request,
      agent: new https.Agent(options),
      longPolls: new https.Agent({ ...options, maxSockets: mostLongPolls }),
    }));
    return overHttps;
  };
  return async ({ method, url, headers = {}, body, timeoutMs, signal, isLongPoll = false }) => {
    const client = await clientFor(url);
    if (signal?.aborted) throw new NoAnswer("the request was aborted", false, signal.reason);
    const outgoing = client.request(url, {
      method,
      agent: isLongPoll ? client.longPolls : client.agent,
      headers:
        body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
    });
    const answer = answerOf(outgoing, largestAnswerBytes, timeoutMs, signal);
    outgoing.end(body);
    return answer;
  };
}

/**
 * The answer to a request. Its own timer and listener give up, because node ends a request that
 * waits for a connection only when it gets one.
 */
function answerOf(
  outgoing: ClientRequest,
  largestBytes: number,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<HttpAnswer> {
  let isSent = false;
  outgoing.on("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => (isSent = true));
    else isSent = true;
  });
  let release = () => {};
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    const giveUp = (why: string, cause?: unknown) => {
      reject(new NoAnswer(why, isSent, cause));
      outgoing.destroy();
    };
    const stop = () => giveUp("the request was aborted", signal?.reason);
    const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs);
    if (signal) setMaxListeners(0, signal); // one for each request, removed at its end
    signal?.addEventListener("abort", stop);
    release = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      giveUp(error.message || String(error.code), error),
    );
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > largestBytes) giveUp(`the answer is longer than ${largestBytes} bytes`);
        else chunks.push(chunk);
      });
      incoming.on("error", (error) => giveUp(error.message, error));
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
  });
  return answer.finally(() => release());
}
