import { expect, test } from "vitest";
import { ConsulAway } from "../../lib/consul.ts";
import { seededRandom } from "../../lib/seeded-random.ts";
import { type MemoryConsul, memoryConsul } from "../../lib/testing/memory-consul.ts";
import { leaseSeconds } from "../../protocol/lease.ts";
import { silentLog } from "../testing/builders.ts";
import { type SimulatedClock, simulatedClock } from "../testing/simulated-clock.ts";
import { Lease } from "./lease.ts";

const key = "rollouts/shop/singletons/clock";
const ttlMs = 30_000;
const never = new Promise<never>(() => {});

/** An instance whose process runs while it holds the lease, and its dead man's timer. */
class Instance {
  isRunning = false;
  isReached = true;
  /** The agent gets no answer and does nothing any more; what runs goes on. */
  isAgentDead = false;
  readonly leaving = new AbortController();
  /** The agent does nothing until then. */
  hangsUntilMs = 0;
  failsToBegin = false;
  failsToEnd = false;
  /** How long the process takes to stop. */
  stopMs = 0;
  #agent = 0;
  #firesAtMs = Number.POSITIVE_INFINITY;
  readonly #name: string;
  readonly #consul: MemoryConsul;
  readonly #clock: SimulatedClock;

  constructor(name: string, consul: MemoryConsul, clock: SimulatedClock) {
    this.#name = name;
    this.#consul = consul;
    this.#clock = clock;
  }

  /** A new agent: the one before it gets no answer any more. */
  follow(): Promise<void> {
    this.isAgentDead = false;
    this.#agent += 1;
    const own = this.#agent;
    const isDead = () => this.isAgentDead || own !== this.#agent;
    const lease = new Lease(
      {
        ...{ key, instance: this.#name, log: silentLog, random: () => 0 },
        clock: {
          ...this.#clock,
          sleep: async (ms) => {
            await this.#clock.sleep(ms);
            const hangsMs = this.hangsUntilMs - this.#clock.monotonicMs();
            if (hangsMs > 0) await this.#clock.sleep(hangsMs);
          },
        },
        consul: this.#reached(isDead),
        leased: {
          arm: async () => {
            if (!isDead()) this.#firesAtMs = this.#clock.monotonicMs() + leaseSeconds * 1000;
          },
          isWanted: () => true,
          begin: async () => {
            if (this.failsToBegin) throw new Error("it cannot be started");
            if (!isDead()) this.isRunning = true;
          },
          end: async () => {
            if (this.failsToEnd) throw new Error("systemctl does not answer");
            await this.#clock.sleep(this.stopMs);
            if (isDead()) return never;
            this.isRunning = false;
            this.#firesAtMs = Number.POSITIVE_INFINITY;
          },
        },
      },
      this.leaving.signal,
    );
    return lease.follow();
  }

  /** systemd's part: it needs no agent. */
  tick(): void {
    if (this.#clock.monotonicMs() >= this.#firesAtMs) this.isRunning = false;
  }

  #reached(isDead: () => boolean): MemoryConsul {
    const reach =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (isDead()) return never;
        if (!this.isReached) {
          await this.#clock.sleep(3000);
          throw new ConsulAway({ happened: "no answer", unchanged: "it", next: "a test" });
        }
        const answer = await call(...args);
        return isDead() ? never : answer;
      };
    const { get, write, createSession, renewSession, destroySession } = this.#consul;
    return {
      ...this.#consul,
      get: reach(get),
      write: reach(write),
      createSession: reach(createSession),
      renewSession: reach(renewSession),
      destroySession: reach(destroySession),
    } as MemoryConsul;
  }
}

/** A fleet in which Consul ends sessions that were not renewed for the TTL. */
function aFleet(names: readonly string[]) {
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  const renewed = new Map<string, number>();
  const expiring = {
    ...consul,
    createSession: async (name: string, seconds: number) => {
      const id = await consul.createSession(name, seconds);
      renewed.set(id, clock.monotonicMs());
      return id;
    },
    renewSession: async (id: string) => {
      const isAlive = await consul.renewSession(id);
      if (isAlive) renewed.set(id, clock.monotonicMs());
      return isAlive;
    },
  } as MemoryConsul;
  const instances = names.map((name) => new Instance(name, expiring, clock));
  let most = 0;
  const running = () => instances.filter((it) => it.isRunning);
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds * 4; i += 1) {
      await clock.run(clock.sleep(250));
      for (const it of instances) it.tick();
      for (const [id, at] of renewed) {
        if (clock.monotonicMs() - at < ttlMs) continue;
        renewed.delete(id);
        await consul.destroySession(id);
      }
      most = Math.max(most, running().length);
    }
  };
  return { clock, instances, running, pass, most: () => most };
}

test("one instance of three runs the process, and another takes over when it leaves", async () => {
  const { instances, running, pass, most } = aFleet(["shop-1", "shop-2", "shop-3"]);
  for (const it of instances) void it.follow();
  await pass(10);
  const [first] = running();
  expect(running()).toHaveLength(1);

  first?.leaving.abort();
  await pass(15);
  expect(running()).toHaveLength(1);
  expect(running()[0]).not.toBe(first);
  expect(most()).toBe(1);
});

test("an instance that leaves keeps the lease until its process has ended", async () => {
  const { instances, running, pass, most } = aFleet(["shop-1", "shop-2"]);
  for (const it of instances) void it.follow();
  await pass(10);
  const [first] = running();
  if (!first) throw new Error("nothing runs");
  first.stopMs = 120_000; // longer than the session would last unrenewed
  first.leaving.abort();
  await pass(110);
  expect(running()).toEqual([first]);
  await pass(30);
  expect(running()).toHaveLength(1);
  expect(running()[0]).not.toBe(first);
  expect(most()).toBe(1);
});

test("an instance that Consul does not reach stops its process before another one begins", async () => {
  const { instances, running, pass, most } = aFleet(["shop-1", "shop-2"]);
  for (const it of instances) void it.follow();
  await pass(10);
  const [first] = running();
  if (!first) throw new Error("nothing runs");
  first.isReached = false;
  await pass(90);
  expect(running()).toHaveLength(1);
  expect(running()[0]).not.toBe(first);
  expect(most()).toBe(1);
});

test("the process of an agent that is dead is killed by its timer before another one begins", async () => {
  const { instances, running, pass, most } = aFleet(["shop-1", "shop-2"]);
  for (const it of instances) void it.follow();
  await pass(10);
  const [first] = running();
  if (!first) throw new Error("nothing runs");
  first.isAgentDead = true;
  await pass(20);
  expect(running()).toEqual([]);
  await pass(40);
  expect(running()).toHaveLength(1);
  expect(most()).toBe(1);
});

test("a new agent of the same instance goes on with the lease, and the process with its work", async () => {
  const { instances, running, pass } = aFleet(["shop-1"]);
  const [only] = instances;
  if (!only) throw new Error("no instance");
  void only.follow();
  await pass(10);
  expect(running()).toEqual([only]);
  only.isAgentDead = true;
  await pass(3);
  void only.follow();
  for (let i = 0; i < 60; i += 1) {
    await pass(1);
    expect(running()).toEqual([only]);
  }
});

test("an agent that hung while its timer ended the process begins it anew", async () => {
  const { clock, instances, running, pass, most } = aFleet(["shop-1"]);
  const [only] = instances;
  if (!only) throw new Error("no instance");
  void only.follow();
  await pass(10);
  only.hangsUntilMs = clock.monotonicMs() + 20_000;
  await pass(19);
  expect(running()).toEqual([]);
  await pass(30);
  expect(running()).toEqual([only]);
  expect(most()).toBe(1);
});

test("a process that cannot be stopped is killed by its timer before another instance begins", async () => {
  const { instances, running, pass, most } = aFleet(["shop-1", "shop-2"]);
  for (const it of instances) void it.follow();
  await pass(10);
  const [first] = running();
  if (!first) throw new Error("nothing runs");
  first.failsToEnd = true;
  first.leaving.abort();
  await pass(60);
  expect(running()).toHaveLength(1);
  expect(running()[0]).not.toBe(first);
  expect(most()).toBe(1);
});

test("an instance that cannot start the process leaves the lease to another one", async () => {
  const { instances, running, pass } = aFleet(["shop-1", "shop-2"]);
  const [bad, good] = instances;
  if (!bad || !good) throw new Error("no instances");
  bad.failsToBegin = true;
  void bad.follow();
  await pass(5);
  void good.follow();
  await pass(40);
  expect(running()).toEqual([good]);
});

test("whatever happens to which instance, two never run at once", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const { next: random } = seededRandom(seed);
    const { instances, pass, most, running } = aFleet(["shop-1", "shop-2", "shop-3"]);
    for (const it of instances) void it.follow();
    for (let step = 0; step < 12; step += 1) {
      const it = instances[Math.floor(random() * instances.length)] as Instance;
      const what = random();
      if (what < 0.4) it.isReached = !it.isReached;
      else if (what < 0.6) it.stopMs = random() * 60_000;
      else if (it.isAgentDead) void it.follow();
      else it.isAgentDead = true;
      await pass(Math.floor(random() * 25));
      expect(most(), `seed ${seed}, step ${step}`).toBeLessThanOrEqual(1);
    }
    for (const it of instances) {
      it.isReached = true;
      if (it.isAgentDead) void it.follow();
    }
    await pass(150);
    expect(running().length, `seed ${seed}, at the end`).toBe(1);
  }
});
