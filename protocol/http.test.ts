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

test("every status is an answer", async () => {
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

test("a server that says nothing is no answer within the time given", async () => {
  const url = await listening(() => {});
  await expect(nodeHttp()({ method: "GET", url, timeoutMs: 50 })).rejects.toThrow(
    "no answer within 50 ms",
  );
});

test("a server that stops in the middle of its answer is no answer", async () => {
  const url = await listening((_, response) => void response.writeHead(200).write("half"));
  await expect(nodeHttp()({ method: "GET", url, timeoutMs: 50 })).rejects.toThrow();
});

test("a signal ends a request", async () => {
  const url = await listening(() => {});
  const stop = new AbortController();
  const asked = nodeHttp()({ method: "GET", url, timeoutMs: 5000, signal: stop.signal });
  setTimeout(() => stop.abort(), 10);
  await expect(asked).rejects.toThrow("aborted");
});

test("an answer that is longer than it may be is no answer", async () => {
  const url = await listening((_, response) => response.end("x".repeat(2000)));
  const http = nodeHttp({ largestAnswerBytes: 1000 });
  await expect(http({ method: "GET", url, timeoutMs: 5000 })).rejects.toThrow(
    "the answer is longer than 1000 bytes",
  );
});

test("however many long polls wait, they hold 16 connections: Consul lets one address have 200", async () => {
  const waiting: ServerResponse[] = [];
  let isChanged = false;
  const url = await listening((_, response) => {
    if (isChanged) response.end("changed");
    else waiting.push(response);
    if (waiting.length < 16) return;
    isChanged = true;
    for (const held of waiting.splice(0)) held.end("changed");
  });
  let connections = 0;
  server?.on("connection", () => {
    connections += 1;
  });
  const http = nodeHttp(); // as the agent makes its own
  const poll = () => http({ method: "GET", url, timeoutMs: 20_000 });
  const answers = await Promise.all(Array.from({ length: 50 }, poll));
  expect(answers.map(({ body }) => body)).toEqual(Array(50).fill("changed"));
  expect(connections).toBe(16);
});

test("https is not spoken in clear text", async () => {
  const url = await listening((_, response) => response.end("in clear text"));
  const secure = url.replace("http:", "https:");
  await expect(nodeHttp()({ method: "GET", url: secure, timeoutMs: 5000 })).rejects.toThrow(
    /SSL routines/,
  );
});
