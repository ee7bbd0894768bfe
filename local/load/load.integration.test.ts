import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { startLoad } from "./load.ts";
import { percentile, records } from "./records.ts";

let server: Server | undefined;
afterEach(() => void server?.close());

/** An echo service that answers every nth request badly. */
async function aService(
  badEvery: number,
  bad: (n: number) => "reset" | "500" | "wrong" | "silence",
) {
  let n = 0;
  server = createServer((request, response) => {
    n += 1;
    const what = n % badEvery === 0 ? bad(n) : "good";
    const hash = createHash("sha256");
    request.on("data", (chunk) => hash.update(chunk));
    request.on("end", () => {
      if (what === "reset") return request.socket.resetAndDestroy();
      if (what === "silence") return;
      response.setHeader("Shoestring-Release", "web-1-abcdef0");
      response.statusCode = what === "500" ? 500 : 200;
      response.end(what === "wrong" ? "{}" : hash.digest("hex"));
    });
  }).listen(0, "127.0.0.1");
  const listening = server;
  await new Promise((resolve) => listening.on("listening", resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

async function loadOf(url: string, requests: number) {
  const load = await startLoad({
    url,
    host: "web.test",
    requestsPerSecond: 500,
    maxRequests: requests,
  });
  for (;;) {
    const { answered } = await load.snapshot();
    if (answered >= requests) return load.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a service without faults loses no request, and every answer names its release", async () => {
  const seen = await loadOf(await aService(Number.POSITIVE_INFINITY, () => "500"), 300);
  expect(seen).toMatchObject({ requests: 300, lost: 0, releases: { "web-1-abcdef0": 300 } });
  expect(seen.p99Ms).toBeGreaterThan(0);
});

test.each([
  ["reset", "ECONNRESET"],
  ["500", "status 500"],
] as const)("every request that ends in %s is counted as lost", async (bad, error) => {
  const seen = await loadOf(await aService(10, () => bad), 300);
  expect(seen.errors).toEqual({ [error]: 30 });
  expect(seen.lost).toBe(30);
});

test("an answer with another body's hash is lost", async () => {
  const seen = await loadOf(await aService(2, () => "wrong"), 100);
  expect(seen.errors["wrong answer"]).toBeGreaterThan(10);
});

test("a request that is due while every client waits for an answer is counted as late", async () => {
  const load = await startLoad({
    url: await aService(1, () => "silence"),
    host: "web.test",
    clients: 2,
    requestsPerSecond: 100,
  });
  while ((await load.snapshot()).late < 10) await new Promise((resolve) => setTimeout(resolve, 20));
  server?.close(); // requests are refused from now on
  server?.closeAllConnections();
  const seen = await load.stop();
  expect(seen.late).toBeGreaterThanOrEqual(10);
  expect(seen.lost).toBe(seen.requests);
});

test("a window counts the requests that were late in it", () => {
  const seen = records(10);
  for (const at of [1000, 2000, 3000]) seen.addLate(at, 5);
  expect([seen.window(1000, 3000).late, seen.late()]).toEqual([10, 15]);
});

test("a percentile is the value at its rank", () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([0.5, 0.99, 1].map((part) => percentile(values, part))).toEqual([50, 99, 100]);
  expect(percentile([], 0.99)).toBe(0);
});
