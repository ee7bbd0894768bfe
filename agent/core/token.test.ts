import { expect, test } from "vitest";
import type { HttpRequest } from "../../lib/http.ts";
import { setClientToken } from "../linux/consul-client.ts";
import { silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { consulToken } from "./token.ts";
import { withToken } from "./with-token.ts";

/** An agent's token whose reference names `secret`, with its disk, reads and changes. */
function aToken(kept?: string) {
  const clock = simulatedClock();
  let disk = kept;
  let secret = async () => "first\n";
  let reads = 0;
  const changes: { readonly token: string; readonly replaced: AbortSignal }[] = [];
  const token = consulToken({
    reference: "ssm:/token",
    readSecret: () => {
      reads += 1;
      return secret();
    },
    kept: {
      read: async () => disk,
      write: async (next) => {
        disk = next;
      },
    },
    changed: (next, replaced) => void changes.push({ token: next, replaced }),
    ...{ clock, log: silentLog, random: () => 0 },
  });
  return {
    ...{ clock, token, changes },
    disk: () => disk,
    reads: () => reads,
    put: (next: () => Promise<string>) => {
      secret = next;
    },
    pass: (seconds: number) => clock.run(clock.sleep(seconds * 1000)),
  };
}

test("a newline at the end of a token is ignored, in the secret and in the kept file", async () => {
  const { token, disk, pass } = aToken();
  expect(await token.known()).toBe("first");
  await pass(1);
  expect(disk()).toBe("first");
  expect(await aToken("kept\n").token.known()).toBe("kept");
});

test("after a reboot the kept token is used, and its reference is not read", async () => {
  const { token, reads } = aToken("kept");
  expect([await token.known(), reads()]).toEqual(["kept", 0]);
});

test("a token that cannot be read is tried again with backoff", async () => {
  const on = aToken();
  on.put(() => Promise.reject(new Error("AccessDenied")));
  await on.pass(600);
  const { reads } = on;
  expect(reads()).toBeLessThan(50);
  on.put(async () => "first");
  expect(await on.clock.run(on.token.known())).toBe("first");
});

test("a token that Consul refuses is read again, at most every few minutes", async () => {
  const on = aToken("old");
  await on.token.known();
  on.put(async () => "new\n");
  on.token.refused("old");
  await on.pass(1);
  expect([on.token.peek(), on.disk(), on.reads()]).toEqual(["new", "new", 1]);
  expect(on.changes.map(({ token, replaced }) => [token, replaced.aborted])).toEqual([
    ["old", true],
    ["new", false],
  ]);

  for (let i = 0; i < 600; i += 1) {
    on.token.refused("new");
    await on.pass(1);
  }
  expect(on.reads()).toBe(1 + 3);
  expect(on.changes).toHaveLength(2);
});

const ok = { status: 200, headers: {}, body: "" };
const request: HttpRequest = { method: "GET", url: "http://consul/v1/kv/a", timeoutMs: 10_000 };

test("a request waits for the first token no longer than its timeout, and ends with its signal", async () => {
  const on = aToken();
  on.put(() => new Promise(() => {}));
  const http = withToken(async () => ok, on.token, on.clock);
  await expect(on.clock.run(http(request))).rejects.toMatchObject({
    message: "the agent has no token yet",
    isSent: false,
  });
  expect(on.clock.monotonicMs()).toBe(10_000);
  const stop = new AbortController();
  const stopped = http({ ...request, signal: stop.signal });
  stop.abort();
  await expect(stopped).rejects.toThrow("aborted");
});

test("after a request was refused with the old token, the next one succeeds with the new one", async () => {
  const on = aToken("old");
  on.put(async () => "new");
  const http = withToken(
    async ({ headers }) => (headers?.["x-consul-token"] === "new" ? ok : { ...ok, status: 403 }),
    on.token,
    on.clock,
  );
  expect((await http(request)).status).toBe(403);
  await on.pass(1);
  expect((await http(request)).status).toBe(200);
});

test("a local client that refuses its token is asked fewer than 50 times in 600 s", async () => {
  const clock = simulatedClock();
  let asked = 0;
  const stop = new AbortController();
  const setting = setClientToken({
    ...{ url: "http://consul", token: "t", clock, log: silentLog, random: () => 0 },
    stop: stop.signal,
    http: async () => {
      asked += 1;
      return { status: 403, headers: {}, body: "Permission denied" };
    },
  });
  await clock.run(clock.sleep(600_000));
  expect(asked).toBeLessThan(50);
  stop.abort();
  await clock.run(setting);
});

test("a secret that no header can carry is not used, and its correction is", async () => {
  const on = aToken();
  on.put(async () => "first\nsecond");
  await on.pass(60);
  expect(on.token.peek()).toBeUndefined();
  on.put(async () => "first");
  await on.pass(60);
  expect([on.token.peek(), on.disk()]).toEqual(["first", "first"]);
});

test("a kept token that no header can carry is replaced by what its reference names", async () => {
  expect(await aToken("first\nsecond").token.known()).toBe("first");
});
