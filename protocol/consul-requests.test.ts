import { expect, test } from "vitest";
import { ConsulAway, ConsulDenied } from "../lib/consul.ts";
import { ConsulHttp } from "../lib/consul-http.ts";
import { type HttpAnswer, type HttpRequest, NoAnswer } from "../lib/http.ts";

/** A Consul that gives every request the same answer, and the requests that it got. */
function consulThatAnswers(answer: Partial<HttpAnswer> = {}) {
  const asked: HttpRequest[] = [];
  const consul = new ConsulHttp({
    url: "http://consul",
    token: "t",
    http: async (request) => {
      asked.push(request);
      return { status: 200, headers: { "x-consul-index": "10" }, body: "[]", ...answer };
    },
  });
  return { consul, asked };
}

test("the first read does not wait, and the next one waits for a change", async () => {
  const { consul, asked } = consulThatAnswers();

  await consul.get("deploys/web");
  await consul.get("deploys/web", { index: 10, waitSeconds: 32 });

  expect(asked.map(({ url }) => url)).toEqual([
    "http://consul/v1/kv/deploys/web?",
    "http://consul/v1/kv/deploys/web?&index=10&wait=32s",
  ]);
  // Consul may answer a sixteenth later than asked.
  expect(asked[1]?.timeoutMs).toBeGreaterThan(34_000);
});

test("a read is never stale, and carries the token in a header, not in the URL", async () => {
  const { consul, asked } = consulThatAnswers();
  await consul.list("web/");
  expect(asked[0]).toMatchObject({ headers: { "x-consul-token": "t" } });
  expect(asked[0]?.url).toBe("http://consul/v1/kv/web/?recurse=true");
});

test("a key with characters that have a meaning in a URL stays one key", async () => {
  const { consul, asked } = consulThatAnswers();
  await consul.get("web/A?B#C D");
  expect(asked[0]?.url).toBe("http://consul/v1/kv/web/A%3FB%23C%20D?");
});

test.each(["0", "-1", "x", "9.5", undefined])(
  "a response whose index is %j has the index 0",
  async (index) => {
    const { consul } = consulThatAnswers({ headers: { "x-consul-index": index } });
    expect((await consul.get("k")).index).toBe(0);
  },
);

test("a transaction sends each operation with its condition", async () => {
  const { consul, asked } = consulThatAnswers();

  await consul.write([
    { verb: "cas", key: "a", value: "ü", index: 0 },
    { verb: "check-session", key: "b", session: "s" },
    { verb: "check-not-exists", key: "c" },
  ]);

  expect(asked[0]).toMatchObject({ method: "PUT", url: "http://consul/v1/txn" });
  expect(JSON.parse(asked[0]?.body ?? "")).toEqual([
    { KV: { Verb: "cas", Key: "a", Value: Buffer.from("ü").toString("base64"), Index: 0 } },
    { KV: { Verb: "check-session", Key: "b", Session: "s" } },
    { KV: { Verb: "check-not-exists", Key: "c" } },
  ]);
});

test("a transaction that Consul does not understand is reported as not written", async () => {
  const { consul } = consulThatAnswers({ status: 400, body: "too many operations" });
  await expect(consul.write([{ verb: "set", key: "a", value: "" }])).rejects.toThrow(ConsulAway);
});

test("a session that Consul no longer has is not renewed", async () => {
  expect(await consulThatAnswers({ status: 404 }).consul.renewSession("s")).toBe(false);
});

test.each([429, 400, 500, 503])(
  "a renewal that fails with %i says nothing about the session",
  async (status) => {
    const { consul } = consulThatAnswers({ status, body: "rate limit reached" });
    await expect(consul.renewSession("s")).rejects.toThrow(ConsulAway);
  },
);

test("a read that meets Consul's rate limit means that Consul is away, not that the key is empty", async () => {
  const { consul } = consulThatAnswers({ status: 429, body: "rate limit reached" });
  await expect(consul.get("k")).rejects.toThrow("status 429: rate limit reached");
});

test("only reads that wait for a change have connections of their own", async () => {
  const { consul, asked } = consulThatAnswers();
  await consul.get("k");
  await consul.list("k/", { index: 7 });
  await consul.write([{ verb: "set", key: "k", value: "" }]);
  expect(asked.map((it) => it.isLongPoll ?? false)).toEqual([false, true, false]);
});

const lost = {
  happened: expect.stringContaining("asked to write k"),
  unchanged: expect.stringContaining("nobody knows which"),
};
const notWritten = {
  happened: expect.stringContaining("did not write k"),
  unchanged: "everything goes on as it was",
};

test.each([
  ["was not sent", new NoAnswer("connect ECONNREFUSED", false), notWritten],
  ["was sent and not answered", new NoAnswer("no answer within 10 ms", true), lost],
  ["failed in a way that nobody knows", new Error("?"), lost],
])(
  "the error of a transaction that %s says whether it can have been written",
  async (_, cause, parts) => {
    const http = () => Promise.reject(cause);
    const consul = new ConsulHttp({ url: "http://consul", token: "t", http });
    const written = consul.write([{ verb: "set", key: "k", value: "" }]);
    await expect(written).rejects.toBeInstanceOf(ConsulAway);
    await expect(written).rejects.toMatchObject(parts);
  },
);

test.each([
  [500, "rpc error: leadership lost while committing log", lost],
  [500, "No cluster leader", notWritten],
  [429, "rate limit reached", notWritten],
  [400, "too many operations", notWritten],
])(
  "the error of a transaction that fails with %i: %s, says whether it can have been written",
  async (status, body, parts) => {
    const { consul } = consulThatAnswers({ status, body });
    const written = consul.write([{ verb: "set", key: "k", value: "" }]);
    await expect(written).rejects.toMatchObject(parts);
  },
);

test("a request without an answer means that Consul is away, and the error has the cause", async () => {
  const cause = new Error("no answer within 10 ms");
  const consul = new ConsulHttp({
    url: "http://consul",
    token: "t",
    http: () => Promise.reject(cause),
  });
  await expect(consul.get("k")).rejects.toMatchObject({
    name: "ConsulAway",
    happened: "Consul did not read k: no answer within 10 ms",
    cause,
  });
});

test("names are read without values, and a key and a folder of the same name count once", async () => {
  const body = JSON.stringify(["rollouts/web/1", "rollouts/web/1/", "rollouts/web/12/"]);
  const { consul, asked } = consulThatAnswers({ body });
  expect(await consul.names("rollouts/web/")).toEqual(["1", "12"]);
  expect(asked[0]?.url).toBe("http://consul/v1/kv/rollouts/web/?keys=true&separator=%2F");
});

test("a prefix without names gives an empty list, and a filtered response is refused", async () => {
  const { consul } = consulThatAnswers({ status: 404, body: "" });
  expect(await consul.names("rollouts/web/")).toEqual([]);
  const headers = { "x-consul-results-filtered-by-acls": "true" };
  await expect(consulThatAnswers({ headers }).consul.names("rollouts/web/")).rejects.toThrow(
    ConsulDenied,
  );
});
