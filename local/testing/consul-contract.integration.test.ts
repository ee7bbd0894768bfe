import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsulServer, startConsulServer } from "../../bench/consul-server.ts";
import type { Consul, Operation } from "../../lib/consul.ts";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import { type MemoryConsul, memoryConsul } from "../../lib/testing/memory-consul.ts";
import { until } from "./until.ts";

/** Checks that the unit tests' double of Consul behaves as Consul does. */
let server: ConsulServer;
let real: Consul;
let double: MemoryConsul;
/** Two sessions, with their ids in Consul and in the double. */
let sessions: readonly { readonly real: string; readonly double: string }[];
let runs = 0;
const seed = Number(process.env.SHOESTRING_SEED ?? Date.now() % 1_000_000_000);

beforeAll(async () => {
  server = await startConsulServer(console.log);
  real = new ConsulHttp({ url: server.url, token: "", http: nodeHttp() });
  double = memoryConsul();
  const session = async () => ({
    real: await real.createSession("contract", 60),
    double: await double.createSession("contract", 60),
  });
  sessions = [await session(), await session()];
});
afterAll(() => server?.stop());

const names = ["a", "a/1", "a/2", "ab", "b"] as const;
const indexes = ["of now", "none", "another one"] as const;
/** An operation without its index and session, which differ between Consul and the double. */
const operations = fc.record({
  verb: fc.constantFrom(
    ...(["cas", "set", "delete-cas", "delete", "delete-tree"] as const),
    ...(["check-index", "check-not-exists", "check-session", "lock", "unlock"] as const),
  ),
  name: fc.constantFrom(...names),
  value: fc.constantFrom("", "one", "two"),
  index: fc.constantFrom(...indexes),
  session: fc.nat({ max: 1 }),
});
type Open = typeof operations extends fc.Arbitrary<infer T> ? T : never;

const which = (consul: Consul) => (consul === real ? "real" : "double");

/** The operation with the index and session of one of the two. */
async function closed(consul: Consul, folder: string, open: Open): Promise<Operation> {
  const key = folder + open.name;
  const modifyIndex = (await consul.get(key)).found?.modifyIndex ?? 0;
  const index = { "of now": modifyIndex, none: 0, "another one": modifyIndex + 1 }[open.index];
  const session = sessions[open.session]?.[which(consul)] ?? "";
  return { ...open, key, index, session } as Operation;
}

/** The answer to a transaction, and the entries after it. */
async function outcome(consul: Consul, folder: string, transaction: readonly Open[]) {
  const all = await Promise.all(transaction.map((open) => closed(consul, folder, open)));
  const isWritten = await consul.write(all);
  const { found } = await consul.list(folder);
  return {
    isWritten,
    names: await consul.names(folder),
    entries: found.map(({ key, value, session }) => {
      const holder = sessions.findIndex((it) => it[which(consul)] === session);
      return [key, value, holder];
    }),
  };
}

test("after any transaction, the double answers as Consul does and holds the same entries", async () => {
  let written = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operations, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      async (sequence) => {
        runs += 1;
        const folder = `contract/${runs}/`;
        for (const transaction of sequence) {
          const consuls = await outcome(real, folder, transaction);
          if (consuls.isWritten) written += 1;
          else refused += 1;
          expect(await outcome(double, folder, transaction)).toEqual(consuls);
        }
      },
    ),
    { numRuns: 100, seed },
  );
  console.log(
    `SHOESTRING_SEED=${seed}: ${written} transactions written, ${refused} refused by both`,
  );
});

test("the lock of an ended session is free after its delay, in both", async () => {
  for (const consul of [real, double]) {
    const [one, two] = [await consul.createSession("1", 60), await consul.createSession("2", 60)];
    const lock = (session: string) =>
      consul.write([{ verb: "lock", key: "contract/lock", value: session, session }]);
    expect(await lock(one)).toBe(true);
    await consul.destroySession(one);
    expect(await consul.renewSession(one)).toBe(false);
    expect(await lock(two)).toBe(false);
    await until("the lock", () => lock(two), 10);
  }
});

test("a wait ends on a change of its own key and not on a change of another key, in both", async () => {
  for (const consul of [real, double]) {
    await consul.write([{ verb: "set", key: "contract/own", value: "1" }]);
    const { index } = await consul.get("contract/own");
    let isOver = false;
    const wait = consul.get("contract/own", { index, waitSeconds: 30 }).finally(() => {
      isOver = true;
    });
    await consul.write([{ verb: "set", key: "contract/another", value: "1" }]);
    expect((await consul.get("contract/another")).found?.value).toBe("1");
    expect(isOver).toBe(false);
    await consul.write([{ verb: "set", key: "contract/own", value: "2" }]);
    expect((await wait).found?.value).toBe("2");
  }
});

test("a restored snapshot ends every wait, also for a key that it does not change", async () => {
  const url = `${server.url}/v1/snapshot`;
  await real.write([{ verb: "set", key: "contract/kept", value: "1" }]);
  const snapshot = await (await fetch(url)).arrayBuffer();
  const { index } = await real.get("contract/kept");
  let isOver = false;
  const wait = real.get("contract/kept", { index, waitSeconds: 50 }).finally(() => {
    isOver = true;
  });
  // The read may reach Consul after a restore, which ends no later wait.
  await until(
    "the end of a wait",
    async () => {
      await fetch(url, { method: "PUT", body: snapshot });
      return isOver;
    },
    40,
  );
  expect((await wait).found?.value).toBe("1");
});
