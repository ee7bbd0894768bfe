import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Consul, ConsulAway, ConsulDenied, type Operation } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { aDeploy, silentLog } from "../testing/builders.ts";
import { officeOf } from "./coordinator-lock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const parts = { happened: "a test", unchanged: "it", next: "a test" };
const away = () => Promise.reject(new ConsulAway(parts));
const denied = () => Promise.reject(new ConsulDenied(parts));

const never = new AbortController().signal;
const lockDelay = () => vi.advanceTimersByTimeAsync(1000);

/** The office of a deploy as one agent has it, over a Consul where some calls go otherwise. */
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
  const office = (over: Consul, instance: string, incarnation = "run 1") =>
    officeOf({ consul: over, log: silentLog, instance, incarnation }, aDeploy(1));
  return {
    kv,
    office: office({ ...counted, ...differs(kv) }, "web-1"),
    others: office(kv, "web-2"),
    /** As the next agent on the first one's instance has it. */
    next: office(kv, "web-1", "run 2"),
    /** Of the same agent, which has an alarm to tell. */
    second: office(kv, "web-1"),
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
  "while Consul %s no try for the office leaves a session, or one that is renewed",
  async (_, write) => {
    const { kv, office, renewals } = anOffice(() => ({ write }));
    for (let i = 0; i < 60; i += 1) await office.take().catch(() => undefined);
    expect([office.isOurs(), kv.sessions(), await renewals()]).toEqual([false, [], 0]);
  },
);

test("an office that another agent has leaves no session", async () => {
  const { kv, office, others, renewals } = anOffice((consul) => ({
    // It is taken between the look and the lock.
    async createSession(...args) {
      const id = await consul.createSession(...args);
      if (!others.isOurs()) await others.take();
      return id;
    },
  }));
  expect(await office.take()).toBe(false);
  expect([kv.sessions().length, await renewals()]).toEqual([1, 0]);
});

test("an office whose lock was written though the answer was lost is ours", async () => {
  const { kv, office, others } = anOffice((consul) => ({
    write: async (operations) => consul.write(operations).then(away),
  }));
  expect(await office.take()).toBe(true);
  expect([office.isOurs(), await others.take(), kv.sessions().length]).toEqual([true, false, 1]);
});

test("an office whose lock was written, where nobody can say so, is the next one's", async () => {
  let isAway = false;
  const { office, others } = anOffice((consul) => ({
    async write(operations) {
      isAway = true;
      return consul.write(operations).then(away);
    },
    get: (...args) => (isAway ? away() : consul.get(...args)),
  }));
  await expect(office.take()).rejects.toThrow(ConsulAway);
  expect(office.isOurs()).toBe(false);
  await lockDelay();
  expect(await others.take()).toBe(true);
});

test("an office that is left though its lock cannot be opened is free", async () => {
  const { kv, office, others, renewals } = anOffice((consul) => ({
    write: (operations) => (operations[0]?.verb === "unlock" ? away() : consul.write(operations)),
  }));
  await office.take();
  await expect(office.leave()).rejects.toThrow(ConsulAway);
  expect([kv.sessions(), await renewals(), await others.take()]).toEqual([[], 0, true]);
});

test("an office that an agent had which was killed is taken at once by the next one there", async () => {
  const { kv, office, others, next } = anOffice();
  await office.take();
  expect([await others.take(), await next.take()]).toEqual([false, true]);
  expect(kv.sessions()).toHaveLength(1);
  expect(await kv.write([next.proof() as Operation])).toBe(true);
  await next.leave();
  expect([kv.sessions(), await others.take()]).toEqual([[], true]);
});

test("an office that the same agent has already is not taken a second time", async () => {
  const { office, second } = anOffice();
  await office.take();
  expect(await second.take()).toBe(false);
  await office.leave();
  expect(await second.take()).toBe(true);
});

test("an office of a killed agent whose session has ended is free for all after the lock delay", async () => {
  const { kv, office, next } = anOffice();
  await office.take();
  kv.expireSession(kv.sessions()[0] as string);
  expect([await next.take(), kv.sessions()]).toEqual([false, []]);
  await lockDelay();
  expect(await next.take()).toBe(true);
});

test("an office that is free and refused is waited for no longer than the lock delay", async () => {
  const waits: (number | undefined)[] = [];
  const { kv, office, others, next } = anOffice((consul) => ({
    get(key, options) {
      waits.push(options?.waitSeconds);
      return consul.get(key, { ...options, index: 0 });
    },
  }));
  await others.take();
  expect(await office.take()).toBe(false);
  await office.hasChanged(55, never);
  kv.expireSession(kv.sessions()[0] as string);
  expect([await office.take(), await next.take()]).toEqual([false, false]);
  await office.hasChanged(55, never);
  expect(waits.filter((wait) => wait !== undefined)).toEqual([55, 2]);
});
