import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ConsulAway, ConsulDenied } from "./consul.ts";
import { ConsulHttp } from "./consul-http.ts";
import { nodeHttp } from "./http.ts";

let server: Server | undefined;
afterEach(() => void server?.close());

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A Consul that gives these answers, one after the other. */
async function consulThatAnswers(...replies: Reply[]) {
  const asked: string[] = [];
  const listening = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { status = 200, headers = {}, body = "[]" } = replies.shift() ?? {};
    response.writeHead(status, { "x-consul-index": "10", ...headers });
    response.end(body);
  });
  server = listening.listen(0, "127.0.0.1");
  await new Promise((resolve) => listening.on("listening", resolve));
  const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  return { consul: new ConsulHttp({ url, token: "t", http: nodeHttp() }), asked };
}

const entry = JSON.stringify([
  { Key: "deploys/web", Value: Buffer.from("{}").toString("base64"), ModifyIndex: 7 },
]);

test("a key is read with its value and its index", async () => {
  const { consul } = await consulThatAnswers({ body: entry });
  expect(await consul.get("deploys/web")).toEqual({
    found: { key: "deploys/web", value: "{}", modifyIndex: 7 },
    index: 10,
  });
});

test("a key that does not exist is undefined, not an error", async () => {
  const { consul } = await consulThatAnswers({ status: 404, body: "" });
  expect((await consul.get("deploys/web")).found).toBeUndefined();
});

test("an index that goes backwards starts again at 0", async () => {
  const { consul } = await consulThatAnswers({ body: entry, headers: { "x-consul-index": "3" } });
  expect((await consul.get("deploys/web", { index: 10 })).index).toBe(0);
});

test("a list that ACLs filtered rejects as denied instead of being short", async () => {
  const headers = { "x-consul-results-filtered-by-acls": "true" };
  const { consul } = await consulThatAnswers({ headers });
  await expect(consul.list("web/")).rejects.toBeInstanceOf(ConsulDenied);
});

test.each<[string, Reply, new (...args: never[]) => Error]>([
  ["403", { status: 403, body: "Permission denied" }, ConsulDenied],
  ["500", { status: 500, body: "No cluster leader" }, ConsulAway],
  ["an answer without a leader", { headers: { "x-consul-knownleader": "false" } }, ConsulAway],
  ["an answer that is no JSON", { body: "<html>" }, ConsulAway],
])("%s is never taken for an empty key", async (_, reply, kind) => {
  const { consul } = await consulThatAnswers(reply);
  await expect(consul.get("deploys/web")).rejects.toBeInstanceOf(kind);
});

test("an instance is alive while its machine is reachable, and healthy while every check passes", async () => {
  const node = (name: string, serf: string, own: string) => ({
    Node: { Node: name },
    Checks: [
      { CheckID: "serfHealth", Status: serf },
      { CheckID: "service:web", Status: own },
    ],
  });
  const body = JSON.stringify([
    node("web-1", "passing", "passing"),
    node("web-2", "passing", "critical"),
    node("web-3", "critical", "passing"),
  ]);
  const { consul } = await consulThatAnswers({ body });
  expect(await consul.serviceInstances("web")).toEqual([
    { name: "web-1", isAlive: true, isHealthy: true },
    { name: "web-2", isAlive: true, isHealthy: false },
    { name: "web-3", isAlive: false, isHealthy: false },
  ]);
});

test("a refused connection means that Consul is away, and the problem says what to do next", async () => {
  const consul = new ConsulHttp({ url: "http://127.0.0.1:1", token: "", http: nodeHttp() });
  await expect(consul.get("deploys/web")).rejects.toThrow("Next: look at Consul with");
});

test("a transaction that loses to another writer returns false, and one that is denied rejects", async () => {
  const conflict = JSON.stringify({ Errors: [{ What: "current modify index 8" }] });
  const denial = JSON.stringify({ Errors: [{ What: "Permission denied: token lacks" }] });
  const { consul } = await consulThatAnswers(
    { status: 409, body: conflict },
    { status: 409, body: denial },
  );
  const write = () => consul.write([{ verb: "cas", key: "k", value: "v", index: 1 }]);
  expect(await write()).toBe(false);
  await expect(write()).rejects.toBeInstanceOf(ConsulDenied);
});
