import { request } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BoardServer, serveBoard } from "./server.ts";

let server: BoardServer;
beforeEach(async () => {
  server = await serveBoard({ port: 0, now: () => new Date("2026-03-02T09:00:00Z") });
});
afterEach(() => server.close());

const state = (cluster: string) => ({ cluster, services: [] });
const port = () => Number(new URL(server.url).port);

/** Sends a request like a browser that reached this server under another name. */
function ask(path: string, { host = `127.0.0.1:${port()}`, method = "GET" } = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const options = { port: port(), host: "127.0.0.1", path, method, headers: { host } };
      const outgoing = request(options, async (answer) => {
        let body = "";
        for await (const chunk of answer) body += chunk;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      });
      outgoing.on("error", reject).end();
    },
  );
}

/** The events that an open page receives. */
async function* events() {
  const answer = await fetch(`${server.url}events`);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      if (event.startsWith("data: ")) yield JSON.parse(event.slice("data: ".length));
    }
  }
}

test("an open page gets the newest state at once, and every new one", async () => {
  server.show(state("one"));
  const page = events();
  const at = "2026-03-02T09:00:00.000Z";
  expect((await page.next()).value).toEqual({ at, board: state("one") });
  server.show(state("two"));
  expect((await page.next()).value).toEqual({ at, board: state("two") });
  await page.return(undefined);
});

test("an unchanged state is not sent again", async () => {
  const page = events();
  const first = page.next();
  server.show(state("one"));
  await first;
  server.show(state("one"));
  server.show(state("two"));
  expect((await page.next()).value.board).toEqual(state("two"));
  await page.return(undefined);
});

test("the page and its parts are served with their types", async () => {
  const { status, headers, body } = await ask("/");
  expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  for (const [, path] of body.matchAll(/(?:href|src)="([^"]+)"/g)) {
    expect((await ask(`/${path}`)).status, path).toBe(200);
  }
});

test("every module that the page imports is served", async () => {
  const seen = new Set(["/board.js"]);
  for (const path of seen) {
    const { status, headers, body } = await ask(path);
    expect([path, status, headers["content-type"]]).toEqual([
      path,
      200,
      "text/javascript; charset=utf-8",
    ]);
    for (const [, name] of body.matchAll(/from "\.(\/[a-z]+\.js)"/g)) seen.add(name as string);
  }
  expect(seen.size).toBeGreaterThan(5);
});

test("the page has no scripts, styles or requests from other hosts", async () => {
  const { headers, body } = await ask("/");
  expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
  expect(headers["content-security-policy"]).not.toContain("unsafe");
  expect(body).not.toMatch(/<style|style=|https?:|<script(?![^>]*src=)/);
});

test.each(["/../package.json", "/%2e%2e/package.json", "/server.ts", "/page/index.html", "//"])(
  "%s is not a file of the page",
  async (path) => {
    expect((await ask(path)).status).toBe(404);
  },
);

test.each([
  "evil.example",
  "evil.example:80",
  "127.0.0.1",
  "127.0.0.1:1",
  "localhost.evil.example",
])("a request for the host %s is refused, since that name was made to point here", async (host) => {
  const { status, body } = await ask("/events", { host });
  expect([status, body]).toEqual([421, "this is not that host\n"]);
});

test("localhost is accepted as well", async () => {
  expect((await ask("/", { host: `localhost:${port()}` })).status).toBe(200);
});

test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", async (method) => {
  expect((await ask("/", { method })).status).toBe(405);
});

test("HEAD returns no body, not even for the events", async () => {
  expect(await ask("/", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  expect(await ask("/events", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
});

test("the server listens on loopback only", async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  for (const { address } of others) {
    const reached = await new Promise((resolve) => {
      const socket = connect(port(), address);
      socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    });
    expect(reached, address).toBe(false);
  }
  expect(new URL(server.url).hostname).toBe("127.0.0.1");
});

test("a port in use is a Problem that proposes another", async () => {
  await expect(serveBoard({ port: port(), now: () => new Date() })).rejects.toMatchObject({
    happened: `port ${port()} of 127.0.0.1 is not free`,
    next: expect.stringContaining("--port"),
  });
});

test("closing does not wait for open pages", async () => {
  server.show(state("one"));
  const page = events();
  await page.next();
  await server.close();
  await expect(page.next()).rejects.toThrow();
});
