import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Problem } from "../lib/problem.ts";
import { pageFiles } from "./files.ts";
import type { BoardState } from "./state.ts";

/** Only this machine reaches the board. */
const loopback = "127.0.0.1";

export interface BoardServer {
  readonly url: string;
  /** Sends a state to every open page, and to pages that open later. */
  show(state: BoardState): void;
  /** Resolves when no page is connected. */
  close(): Promise<void>;
}

/** The page loads and sends nothing elsewhere, and no text can become a script. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

/**
 * Serves the page on loopback.
 *
 * @param port 0 chooses a free one.
 * @throws Problem where the port is in use.
 */
export async function serveBoard({
  port,
  now,
}: {
  readonly port: number;
  readonly now: () => Date;
}): Promise<BoardServer> {
  const files = pageFiles();
  const pages = new Set<ServerResponse>();
  let newest: string | undefined;

  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refused = refusal(request, boundPort());
    if (refused) return end(response, refused.status, refused.why);
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    if (path === "/events") return open(response, request.method === "HEAD");
    const file = files.get(path);
    if (!file) return end(response, 404, "there is no such page");
    response.writeHead(200, { "content-type": file.type, "content-length": file.body.length });
    response.end(request.method === "HEAD" ? undefined : file.body);
  });
  const boundPort = () => (server.address() as AddressInfo).port;

  /** Begins a stream of states: the page reconnects when it breaks. */
  function open(response: ServerResponse, isHead: boolean) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (isHead) return void response.end();
    response.write("retry: 1000\n\n");
    pages.add(response);
    response.on("close", () => pages.delete(response));
    response.on("drain", () => send(response));
    send(response);
  }

  /** Sends the newest state. A page that reads slowly skips those in between. */
  function send(response: ServerResponse) {
    if (newest === undefined || response.writableNeedDrain) return;
    response.write(`data: {"at":${JSON.stringify(now().toISOString())},"board":${newest}}\n\n`);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(noPort(port, cause)));
    server.listen(port, loopback, resolve);
  });
  return {
    url: `http://${loopback}:${boundPort()}/`,
    show(state) {
      const text = JSON.stringify(state);
      if (text === newest) return;
      newest = text;
      for (const page of pages) send(page);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * The reason to refuse a request. A foreign Host belongs to another page whose name was made to
 * point here (DNS rebinding): it could read the responses.
 */
function refusal({ method, headers }: IncomingMessage, port: number) {
  const ours = [`${loopback}:${port}`, `localhost:${port}`];
  if (!ours.includes(headers.host ?? "")) return { status: 421, why: "this is not that host" };
  if (method !== "GET" && method !== "HEAD") return { status: 405, why: "the board only shows" };
  return undefined;
}

function end(response: ServerResponse, status: number, why: string) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${why}\n`);
}

const noPort = (port: number, cause: unknown) =>
  new Problem({
    happened: `port ${port} of ${loopback} is not free`,
    unchanged: "no board was started, and nothing else was touched",
    next: "take another with --port, or leave it out for any that is free",
    cause,
  });
