import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { nodeHttp } from "./http.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listening(handler: RequestListener): Promise<string> {
  const started = createServer(handler).listen(0, "127.0.0.1");
  server = started;
  await new Promise((resolve) => started.once("listening", resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/`;
}

test("a request resolves for every status", async () => {
  const url = await listening((_, response) => response.writeHead(503).end("later"));
  const answer = await nodeHttp()({ method: "GET", url, timeoutMs: 5000 });
  expect(answer).toMatchObject({ status: 503, body: "later" });
});

test("a body is sent with its length in bytes", async () => {
  const url = await listening((request, response) => {
    request.pipe(response.writeHead(200, { "x-length": request.headers["content-length"] }));
  });
  const answer = await nodeHttp()({ method: "PUT", url, body: "für", timeoutMs: 5000 });
  expect(answer).toMatchObject({ body: "für", headers: { "x-length": "4" } });
});

test("a request to a server that says nothing rejects at its timeout", async () => {
  const url = await listening(() => {});
  await expect(nodeHttp()({ method: "GET", url, timeoutMs: 50 })).rejects.toThrow(
    "no answer within 50 ms",
  );
});

test("a request rejects when the server stops in the middle of its answer", async () => {
  const url = await listening((_, response) => void response.writeHead(200).write("half"));
  await expect(nodeHttp()({ method: "GET", url, timeoutMs: 50 })).rejects.toThrow();
});

test("a signal aborts a request", async () => {
  const url = await listening(() => {});
  const stop = new AbortController();
  const asked = nodeHttp()({ method: "GET", url, timeoutMs: 5000, signal: stop.signal });
  setTimeout(() => stop.abort(), 10);
  await expect(asked).rejects.toThrow("aborted");
});

test("a request rejects when its answer is longer than allowed", async () => {
  const url = await listening((_, response) => response.end("x".repeat(2000)));
  const http = nodeHttp({ largestAnswerBytes: 1000 });
  await expect(http({ method: "GET", url, timeoutMs: 5000 })).rejects.toThrow(
    "the answer is longer than 1000 bytes",
  );
});

/** Answers when so many requests wait, and then each at once; counts its connections. */
async function answeringAt(count: number) {
  const waiting: ServerResponse[] = [];
  let isChanged = false;
  const url = await listening((_, response) => {
    if (isChanged) response.end("changed");
    else waiting.push(response);
    if (waiting.length < count) return;
    isChanged = true;
    for (const held of waiting.splice(0)) held.end("changed");
  });
  let connections = 0;
  server?.on("connection", () => {
    connections += 1;
  });
  return { url, connections: () => connections };
}

test.each([
  ["requests", false, 16],
  ["long polls", true, 128],
])(
  "waiting %s hold a bounded number of connections: Consul lets one address have 200",
  async (_, isLongPoll, most) => {
    const { url, connections } = await answeringAt(most);
    const http = nodeHttp(); // with the agent's options
    const ask = () => http({ method: "GET", url, timeoutMs: 20_000, isLongPoll });
    const answers = await Promise.all(Array.from({ length: most + 50 }, ask));
    expect(answers.map(({ body }) => body)).toEqual(Array(most + 50).fill("changed"));
    expect(connections()).toBe(most);
  },
);

test("a request gets its answer at once, however many long polls wait", async () => {
  const url = await listening((request, response) => {
    if (request.url === "/renew") response.end("renewed");
  });
  const http = nodeHttp();
  const stop = new AbortController();
  const poll = () =>
    http({ method: "GET", url, timeoutMs: 60_000, isLongPoll: true, signal: stop.signal });
  const polls = Promise.allSettled(Array.from({ length: 200 }, poll));
  const answer = await http({ method: "PUT", url: `${url}renew`, timeoutMs: 5000 });
  expect(answer.body).toBe("renewed");
  stop.abort();
  await polls;
});

test("a queued request times out", async () => {
  const url = await listening(() => {});
  const http = nodeHttp({ maxSockets: 1 });
  const end = new AbortController();
  const ahead = http({ method: "GET", url, timeoutMs: 20_000, signal: end.signal });
  const from = performance.now();
  const queued = http({ method: "GET", url, timeoutMs: 50 });
  await expect(queued).rejects.toMatchObject({
    message: "no answer within 50 ms",
    isSent: false,
  });
  expect(performance.now() - from).toBeLessThan(5000);
  end.abort();
  await expect(ahead).rejects.toThrow("aborted");
});

test("a signal aborts a request that is queued, and one that would begin", async () => {
  const url = await listening(() => {});
  const http = nodeHttp({ maxSockets: 1 });
  const end = new AbortController();
  const ahead = http({ method: "GET", url, timeoutMs: 20_000, signal: end.signal });
  const stop = new AbortController();
  const ask = () => http({ method: "GET", url, timeoutMs: 20_000, signal: stop.signal });
  const queued = ask();
  setTimeout(() => stop.abort(), 10);
  await expect(queued).rejects.toMatchObject({ isSent: false });
  await expect(ask()).rejects.toMatchObject({ isSent: false });
  end.abort();
  await expect(ahead).rejects.toThrow("aborted");
});

test("a request counts as sent once the server accepted its connection, and not before", async () => {
  const http = nodeHttp();
  const asked = (url: string) => http({ method: "PUT", url, timeoutMs: 50 });
  await expect(asked("http://127.0.0.1:1/")).rejects.toMatchObject({ isSent: false });
  const silent = await listening(() => {});
  await expect(asked(silent)).rejects.toMatchObject({ isSent: true });
  const breaking = await listening((request) => request.socket.destroy());
  await expect(asked(breaking)).rejects.toMatchObject({ isSent: true });
});

test("an https request is not sent in clear text", async () => {
  const url = await listening((_, response) => response.end("in clear text"));
  const secure = url.replace("http:", "https:");
  await expect(nodeHttp()({ method: "GET", url: secure, timeoutMs: 5000 })).rejects.toThrow(
    /SSL routines/,
  );
});
