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
 * HTTP over node's own client: the global `fetch` costs an idle agent about 10 MB.
 *
 * @param keepAlive keep connections for the next request; off for probes, which must each
 * reach the process that listens now.
 * @param maxSockets connections to one server; each blocking query holds one.
 * @param localAddress the address of this machine that connections come from. @default the kernel's choice
 */
export function nodeHttp({
  keepAlive = true,
  maxSockets = 16,
  localAddress,
}: {
  readonly keepAlive?: boolean;
  readonly maxSockets?: number;
  readonly localAddress?: string;
} = {}): Http {
  const agent = new Agent({ keepAlive, maxSockets, ...(localAddress && { localAddress }) });
  return ({ method, url, headers = {}, body, timeoutMs, signal }) =>
    new Promise((resolve, reject) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      const outgoing = request(url, {
        method,
        agent,
        headers:
          body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      outgoing.on("error", (error) =>
        reject(deadline.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error),
      );
      outgoing.on("response", (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
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
}
