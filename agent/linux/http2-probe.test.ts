import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { grpcHealthPath } from "../../protocol/grpc-health.ts";
import type { Answer } from "../core/effects.ts";
import { http2Probe } from "./http2-probe.ts";

const hosts = ["api.example.org"];

/** The answer of a probe to a process that handles calls so. */
async function answered(
  protocol: "http2" | "grpc",
  path: string,
  handle: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void,
): Promise<Answer> {
  const server = createServer().on("stream", handle);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return http2Probe({ hosts, protocol }).ask((server.address() as AddressInfo).port, path);
}

/** Ends a call with a message and a status, as gRPC does. */
const ends = (message: number[], status: string) => (stream: ServerHttp2Stream) => {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
  stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]));
};

test("a process with HTTP/2 is asked with the headers of a request, and says its release", async () => {
  let arrived: Record<string, unknown> = {};
  const answer = await answered("http2", "/ping", (stream, headers) => {
    arrived = headers;
    stream.respond({ ":status": 200, "shoestring-release": "web-1-abc" });
    stream.end();
  });
  expect(answer).toEqual({ status: 200, release: "web-1-abc" });
  expect(arrived).toMatchObject({
    ":method": "GET",
    ":authority": "api.example.org",
    "x-forwarded-proto": "https",
  });
});

test.each<[string, number[], string, Answer]>([
  ["serves", [8, 1], "0", { status: 200 }],
  ["does not serve", [8, 2], "0", { error: "its health check does not say SERVING" }],
  ["has no health check", [], "12", { error: "it answered with grpc-status 12" }],
])(
  "a process with gRPC that %s is judged by its health check",
  async (_, message, code, answer) => {
    expect(await answered("grpc", grpcHealthPath, ends(message, code))).toEqual(answer);
  },
);

test("another call than gRPC's health check only has to end well", async () => {
  expect(await answered("grpc", "/shop.Cart/Ping", ends([], "0"))).toEqual({ status: 200 });
});

test("a process that speaks no HTTP/2 is an error, and not one that ends the agent", async () => {
  const answer = await answered("grpc", grpcHealthPath, (stream) => stream.session?.destroy());
  expect(answer).toEqual({ error: expect.any(String) });
  expect(await http2Probe({ hosts, protocol: "grpc" }).ask(1, "/")).toEqual({
    error: expect.stringContaining("ECONNREFUSED"),
  });
});
