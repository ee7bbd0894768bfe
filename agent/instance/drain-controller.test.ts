import { expect, onTestFinished, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { Drain, formatDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { memoryHealthCheck } from "../testing/health-check.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { controlDrain } from "./drain-controller.ts";

const key = keys.drain("web-1");

/** An instance with a drain controller; its disk and its health check outlive the agent. */
function instance() {
  const clock = simulatedClock();
  const consul = memoryConsul();
  const { healthCheck, reasons } = memoryHealthCheck(clock);
  const events: string[] = [];
  let disk: Drain | undefined;
  const kept = {
    read: async () => disk,
    write: async (drain: Drain) => {
      disk = drain;
    },
  };
  const minutes = async (count: number) => clock.run(clock.sleep(count * 60_000));
  return {
    consul,
    clock,
    healthCheck,
    events,
    reasons,
    minutes,
    startedAt: clock.now().toISOString(),
    /** Lets everything happen that needs no time. */
    soon: () => minutes(0.05),
    startAgent() {
      const ending = new AbortController();
      onTestFinished(() => ending.abort());
      void controlDrain({
        ...{ consul, clock, healthCheck, kept, instance: "web-1", random: () => 0 },
        log: (event) => void events.push(event),
        signal: ending.signal,
      });
      return () => ending.abort();
    },
    drain(differs: Partial<Drain> = {}) {
      const at = clock.now().toISOString();
      const until = new Date(clock.now().getTime() + 30 * 60_000).toISOString();
      const drain = { schema: 2 as const, by: "alice", reason: "a disk", at, until, ...differs };
      consul.put(key, formatDocument(Drain, key, drain));
    },
  };
}

test("a drained instance is out of the load balancer until its time is over, and then comes back", async () => {
  const on = instance();
  on.startAgent();
  await on.soon();
  expect(on.reasons()).toEqual([]);

  on.drain();
  await on.soon();
  expect(on.reasons()).toEqual(["drained"]);
  await on.minutes(29);
  expect(on.reasons()).toEqual(["drained"]);
  await on.minutes(1);
  expect(on.reasons()).toEqual([]);
  expect(on.events).toEqual(["instance.drained", "instance.undrained"]);
});

test("a drain that is extended goes on, and one whose time is set to now ends", async () => {
  const on = instance();
  on.startAgent();
  on.drain();
  await on.minutes(20);
  on.drain({ reason: "another disk" });
  await on.minutes(20);
  expect(on.reasons()).toEqual(["drained"]);

  on.drain({ until: on.clock.now().toISOString() });
  await on.soon();
  expect(on.reasons()).toEqual([]);
});

test("a drained instance comes back in time while Consul is away", async () => {
  const on = instance();
  on.startAgent();
  on.drain();
  await on.soon();
  on.consul.away(true);
  await on.minutes(29);
  expect(on.reasons()).toEqual(["drained"]);
  await on.minutes(2);
  expect(on.reasons()).toEqual([]);
});

test("an instance stays drained when its document is deleted or invalid", async () => {
  const on = instance();
  on.startAgent();
  on.drain();
  await on.soon();
  on.consul.put(key, "{");
  await on.soon();
  on.consul.remove(key);
  await on.soon();
  expect(on.reasons()).toEqual(["drained"]);
});

test("an agent that starts while Consul is away keeps the drain that it knew", async () => {
  const on = instance();
  const kill = on.startAgent();
  on.drain();
  await on.soon();
  kill();
  await on.healthCheck.pass("drained"); // as a boot does to everything below /run
  on.consul.away(true);

  on.startAgent();
  await on.soon();

  expect(on.reasons()).toEqual(["drained"]);
});

test("a drained instance that leaves stays out when its drain is over", async () => {
  const on = instance();
  on.startAgent();
  await on.healthCheck.fail("leaving");
  on.drain();
  await on.soon();
  expect(on.reasons()).toEqual(["drained", "leaving"]);
  await on.minutes(31);
  expect(on.reasons()).toEqual(["leaving"]);
});

test("a restored snapshot neither brings back a drain that has ended nor ends a newer one", async () => {
  const on = instance();
  const kill = on.startAgent();
  on.drain({ revision: 1 });
  const old = on.consul.text(key) as string;
  await on.minutes(1);
  const now = on.clock.now().toISOString();
  on.drain({ revision: 2, at: on.startedAt, until: now, changedAt: now }); // undrained
  const ended = on.consul.text(key) as string;
  await on.soon();
  expect(on.reasons()).toEqual([]);

  on.consul.put(key, old);
  await on.soon();
  expect(on.reasons()).toEqual([]);
  kill();
  on.startAgent(); // the drain on its disk has the revision, too
  await on.soon();
  expect(on.reasons()).toEqual([]);
  expect(on.events.filter((event) => event === "drain.ignored")).toHaveLength(2);

  // The restored Consul counts from 1 again, and its newer drain is followed.
  await on.minutes(1);
  on.drain({ revision: 2 });
  await on.soon();
  expect(on.reasons()).toEqual(["drained"]);
  on.consul.put(key, ended);
  await on.soon();
  expect(on.reasons()).toEqual(["drained"]);
});
