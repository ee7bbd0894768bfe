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

/** A deploy's leader lock as one agent sees it, with a Consul that overrides some calls. */
function aCoordinatorLock(differs: (consul: Consul) => Partial<Consul> = () => ({})) {
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
    /** As the next agent on the same instance sees it. */
    next: lock(kv, "web-1", "run 2"),
    /** As an alarm of the same agent sees it. */
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
  "while Consul %s an attempt to acquire the lock leaves no session behind and renews none",
  async (_, write) => {
    const { kv, lock, renewals } = aCoordinatorLock(() => ({ write }));
    for (let i = 0; i < 60; i += 1) await lock.acquire().catch(() => undefined);
    expect([lock.isHeld(), kv.sessions(), await renewals()]).toEqual([false, [], 0]);
  },
);

test("an attempt on a leader lock that another agent holds leaves no session behind", async () => {
  const { kv, lock, others, renewals } = aCoordinatorLock((consul) => ({
    // The other agent acquires it between the read and the lock.
    async createSession(...args) {
      const id = await consul.createSession(...args);
      if (!others.isHeld()) await others.acquire();
      return id;
    },
  }));
  expect(await lock.acquire()).toBe(false);
  expect([kv.sessions().length, await renewals()]).toEqual([1, 0]);
});

test("a leader lock is held when its write succeeded but the answer was lost", async () => {
  const { kv, lock, others } = aCoordinatorLock((consul) => ({
    write: async (operations) => consul.write(operations).then(away),
  }));
  expect(await lock.acquire()).toBe(true);
  expect([lock.isHeld(), await others.acquire(), kv.sessions().length]).toEqual([true, false, 1]);
});

test("a leader lock is free for the next agent when its write succeeded but neither answer nor read arrived", async () => {
  let isAway = false;
  const { lock, others } = aCoordinatorLock((consul) => ({
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

test("a leader lock is free after a release whose unlock failed", async () => {
  const { kv, lock, others, renewals } = aCoordinatorLock((consul) => ({
    write: (operations) => (operations[0]?.verb === "unlock" ? away() : consul.write(operations)),
  }));
  await lock.acquire();
  await expect(lock.release()).rejects.toThrow(ConsulAway);
  expect([kv.sessions(), await renewals(), await others.acquire()]).toEqual([[], 0, true]);
});

test("a leader lock of a killed agent passes at once to the next agent on its instance", async () => {
  const { kv, lock, others, next } = aCoordinatorLock();
  await lock.acquire();
  expect([await others.acquire(), await next.acquire()]).toEqual([false, true]);
  expect(kv.sessions()).toHaveLength(1);
  expect(await kv.write([next.fence() as Operation])).toBe(true);
  await next.release();
  expect([kv.sessions(), await others.acquire()]).toEqual([[], true]);
});

test("a leader lock that an agent already holds is not acquired a second time by that agent", async () => {
  const { lock, second } = aCoordinatorLock();
  await lock.acquire();
  expect(await second.acquire()).toBe(false);
  await lock.release();
  expect(await second.acquire()).toBe(true);
});

test("a leader lock of a killed agent whose session ended is free for all after the lock delay", async () => {
  const { kv, lock, next } = aCoordinatorLock();
  await lock.acquire();
  kv.expireSession(kv.sessions()[0] as string);
  expect([await next.acquire(), kv.sessions()]).toEqual([false, []]);
  await lockDelay();
  expect(await next.acquire()).toBe(true);
});

test("an agent waits no longer than the lock delay for a leader lock that is free but was refused", async () => {
  const waits: (number | undefined)[] = [];
  const { kv, lock, others, next } = aCoordinatorLock((consul) => ({
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
