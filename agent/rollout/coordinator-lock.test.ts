import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Consul, ConsulAway, ConsulDenied, type Operation } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { aDeploy, silentLog } from "../testing/builders.ts";
import { coordinatorLock } from "./coordinator-lock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const parts = { happened: "a test", unchanged: "it", next: "a test" };
const away = () => Promise.reject(new ConsulAway(parts));
const denied = () => Promise.reject(new ConsulDenied(parts));

const never = new AbortController().signal;
const lockDelay = () => vi.advanceTimersByTimeAsync(1000);

/** The leader lock of a deploy as one agent has it, over a Consul where some calls go otherwise. */
function anOffice(differs: (consul: Consul) => Partial<Consul> = () => ({})) {
  const kv = memoryConsul();
  let renewals = 0;
  const counted: Consul = {
    ...kv,
    async renewSession(id) {
      renewals += 1;
      return kv.renewSession(id);
    },
  };
  const lock = (over: Consul, instance: string, incarnation = "run 1") =>
    coordinatorLock({ consul: over, log: silentLog, instance, incarnation }, aDeploy(1));
  return {
    kv,
    lock: lock({ ...counted, ...differs(kv) }, "web-1"),
    others: lock(kv, "web-2"),
    /** As the next agent on the first one's instance has it. */
    next: lock(kv, "web-1", "run 2"),
    /** Of the same agent, which has an alarm to tell. */
    second: lock(kv, "web-1"),
    /** Renewals in the next 5 s. */
    async renewals() {
      renewals = 0;
      await vi.advanceTimersByTimeAsync(5000);
      return renewals;
    },
  };
}

test.each([
  ["is away", away],
  ["refuses", denied],
])(
  "while Consul %s no try for the lock leaves a session, or one that is renewed",
  async (_, write) => {
    const { kv, lock, renewals } = anOffice(() => ({ write }));
    for (let i = 0; i < 60; i += 1) await lock.acquire().catch(() => undefined);
    expect([lock.isHeld(), kv.sessions(), await renewals()]).toEqual([false, [], 0]);
  },
);

test("an leader lock that another agent has leaves no session", async () => {
  const { kv, lock, others, renewals } = anOffice((consul) => ({
    // It is taken between the look and the lock.
    async createSession(...args) {
      const id = await consul.createSession(...args);
      if (!others.isHeld()) await others.acquire();
      return id;
    },
  }));
  expect(await lock.acquire()).toBe(false);
  expect([kv.sessions().length, await renewals()]).toEqual([1, 0]);
});

test("an leader lock whose lock was written though the answer was lost is ours", async () => {
  const { kv, lock, others } = anOffice((consul) => ({
    write: async (operations) => consul.write(operations).then(away),
  }));
  expect(await lock.acquire()).toBe(true);
  expect([lock.isHeld(), await others.acquire(), kv.sessions().length]).toEqual([true, false, 1]);
});

test("an leader lock whose lock was written, where nobody can say so, is the next one's", async () => {
  let isAway = false;
  const { lock, others } = anOffice((consul) => ({
    async write(operations) {
      isAway = true;
      return consul.write(operations).then(away);
    },
    get: (...args) => (isAway ? away() : consul.get(...args)),
  }));
  await expect(lock.acquire()).rejects.toThrow(ConsulAway);
  expect(lock.isHeld()).toBe(false);
  await lockDelay();
  expect(await others.acquire()).toBe(true);
});

test("an leader lock that is left though its lock cannot be opened is free", async () => {
  const { kv, lock, others, renewals } = anOffice((consul) => ({
    write: (operations) => (operations[0]?.verb === "unlock" ? away() : consul.write(operations)),
  }));
  await lock.acquire();
  await expect(lock.release()).rejects.toThrow(ConsulAway);
  expect([kv.sessions(), await renewals(), await others.acquire()]).toEqual([[], 0, true]);
});

test("an leader lock that an agent had which was killed is taken at once by the next one there", async () => {
  const { kv, lock, others, next } = anOffice();
  await lock.acquire();
  expect([await others.acquire(), await next.acquire()]).toEqual([false, true]);
  expect(kv.sessions()).toHaveLength(1);
  expect(await kv.write([next.fence() as Operation])).toBe(true);
  await next.release();
  expect([kv.sessions(), await others.acquire()]).toEqual([[], true]);
});

test("an leader lock that the same agent has already is not taken a second time", async () => {
  const { lock, second } = anOffice();
  await lock.acquire();
  expect(await second.acquire()).toBe(false);
  await lock.release();
  expect(await second.acquire()).toBe(true);
});

test("an leader lock of a killed agent whose session has ended is free for all after the lock delay", async () => {
  const { kv, lock, next } = anOffice();
  await lock.acquire();
  kv.expireSession(kv.sessions()[0] as string);
  expect([await next.acquire(), kv.sessions()]).toEqual([false, []]);
  await lockDelay();
  expect(await next.acquire()).toBe(true);
});

test("an leader lock that is free and refused is waited for no longer than the lock delay", async () => {
  const waits: (number | undefined)[] = [];
  const { kv, lock, others, next } = anOffice((consul) => ({
    get(key, options) {
      waits.push(options?.waitSeconds);
      return consul.get(key, { ...options, index: 0 });
    },
  }));
  await others.acquire();
  expect(await lock.acquire()).toBe(false);
  await lock.hasChanged(55, never);
  kv.expireSession(kv.sessions()[0] as string);
  expect([await lock.acquire(), await next.acquire()]).toEqual([false, false]);
  await lock.hasChanged(55, never);
  expect(waits.filter((wait) => wait !== undefined)).toEqual([55, 2]);
});
