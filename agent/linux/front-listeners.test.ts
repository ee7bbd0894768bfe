import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { silentLog } from "../testing/builders.ts";
import { frontListeners } from "./front-listeners.ts";

/** A port of loopback that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A process that echoes what it gets, after its name. */
async function aWorker(name: string): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write(`${name}: `);
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function ask(port: number, question: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const connected = once(socket, "connect");
  connected.catch(() => {});
  const answer = buffer(socket);
  answer.catch(() => {});
  await connected;
  socket.end(question);
  return (await answer).toString();
}

function listenersForTest(log = silentLog) {
  const listeners = frontListeners(log);
  onTestFinished(() => listeners.follow(new Map(), new Map()));
  return listeners;
}

test("an open front port leads to its current worker port", async () => {
  const [front, one, two] = [await freePort(), await aWorker("one"), await aWorker("two")];
  const listeners = listenersForTest();
  listeners.follow(new Map([[front, one]]), new Map());
  await expect.poll(() => ask(front, "hello")).toBe("one: hello");
  listeners.follow(new Map([[front, two]]), new Map());
  const large = "x".repeat(1_000_000);
  expect(await ask(front, large)).toBe(`two: ${large}`);
});

test("a closed front port refuses new connections, keeps those it has, and opens again", async () => {
  const [front, worker] = [await freePort(), await aWorker("one")];
  const active = new Map([[front, worker]]);
  const listeners = listenersForTest();
  listeners.follow(active, new Map());
  await expect.poll(() => ask(front, "hello")).toBe("one: hello");
  const accepted: Socket = connect({ host: "127.0.0.1", port: front, allowHalfOpen: true });
  await once(accepted, "connect");
  accepted.write("before ");
  await expect.poll(() => accepted.bytesWritten).toBe(7);

  listeners.follow(active, new Map([[front, 30]]));
  await expect(ask(front, "hello")).rejects.toThrow("ECONNREFUSED");
  accepted.end("and after");
  expect((await buffer(accepted)).toString()).toBe("one: before and after");

  listeners.follow(active, new Map());
  await expect.poll(() => ask(front, "hello").catch(() => "")).toBe("one: hello");
});

test("a worker that is gone breaks its own connection, and no other", async () => {
  const [front, gone] = [await freePort(), await freePort()];
  listenersForTest().follow(new Map([[front, gone]]), new Map());
  await expect.poll(() => ask(front, "hello").catch(({ code }) => code)).not.toBe("ECONNREFUSED");
  const log = vi.fn();
  const [other, worker] = [await freePort(), await aWorker("one")];
  listenersForTest(log).follow(new Map([[other, worker]]), new Map());
  await expect.poll(() => ask(other, "hello").catch(() => "")).toBe("one: hello");
  expect(log).not.toHaveBeenCalled();
});

test("a front port that another program listens on is logged, and tried again with the next change", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const front = (server.address() as AddressInfo).port;
  const worker = await aWorker("one");
  const log = vi.fn();
  const listeners = listenersForTest(log);
  listeners.follow(new Map([[front, worker]]), new Map());
  await expect.poll(() => log.mock.calls[0]?.[0]).toBe("front.listen");
  server.close();
  await once(server, "close");
  listeners.follow(new Map([[front, worker]]), new Map());
  await expect.poll(() => ask(front, "hello").catch(() => "")).toBe("one: hello");
});
