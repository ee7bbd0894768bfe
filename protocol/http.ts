import { Agent, request } from "node:http";

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the call to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends one request; rejects when there is no answer, resolves for every status. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * HTTP and HTTPS over node's own client: the global `fetch` costs an idle agent about 10 MB.
 *
 * @param keepAlive keep connections for the next request; off for probes, which must each
 * reach the process that listens now.
 * @param maxSockets connections to one server; each blocking query holds one.
 * @param localAddress the address of this machine that connections come from. @default the kernel's choice
 * @param largestAnswerBytes a longer answer is no answer: for a server that is not ours.
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
  const overHttp = { request, agent: new Agent(options) };
  let overHttps: Promise<typeof overHttp> | undefined;
  const clientFor = (url: string) => {
    if (!url.startsWith("https:")) return overHttp;
    // Loaded with the first use: most machines speak to their own Consul and to nobody else.
    overHttps ??= import("node:https").then((https) => ({
      request: https.request,
      agent: new https.Agent(options),
    }));
    return overHttps;
  };
  return async ({ method, url, headers = {}, body, timeoutMs, signal }) => {
    const client = await clientFor(url);
    return new Promise((resolve, reject) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      const outgoing = client.request(url, {
        method,
        agent: client.agent,
        headers:
          body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      outgoing.on("error", (error) =>
        reject(deadline.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error),
      );
      outgoing.on("response", (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > largestAnswerBytes) {
            answer.destroy(new Error(`the answer is longer than ${largestAnswerBytes} bytes`));
            return;
          }
          chunks.push(chunk);
        });
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      });
      outgoing.end(body);
    });
  };
}
