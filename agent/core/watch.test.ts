import { expect, test } from "vitest";
import type { Consul } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { watchDeploy } from "./watch.ts";

/** Watches until every step was read; returns what was handed on and logged, and how many reads. */
async function watched(
  steps: readonly ((consul: ReturnType<typeof memoryConsul>) => void)[],
  isKnown = false,
) {
  const clock = simulatedClock();
  const consul = memoryConsul();
  const ending = new AbortController();
  const handed: Deploy[] = [];
  const events: string[] = [];
  let reads = 0;
  let step = 0;
  // Each read sees the next step; the last one ends the watch.
  const stepping: Consul = {
    ...consul,
    get: async (key, options) => {
      reads += 1;
      steps[step]?.(consul);
      step += 1;
      if (step > steps.length) ending.abort();
      return consul.get(key, { ...options, index: 0 });
    },
  };
  const on = {
    consul: stepping,
    clock,
    service: "web",
    random: () => 0,
    signal: ending.signal,
    isKnown,
  };
  const log = (event: string) => void events.push(event);
  await clock.run(watchDeploy({ ...on, log }, (deploy) => handed.push(deploy)));
  return { handed, events, reads, elapsedMs: clock.monotonicMs() };
}

const put = (text: string) => (consul: ReturnType<typeof memoryConsul>) =>
  consul.put(keys.deploy("web"), text);
const deploy = (sequence: number) => JSON.stringify(aDeploy(sequence));

test("each new text is handed on once, however often the watch wakes", async () => {
  const { handed } = await watched([put(deploy(1)), put(deploy(1)), put(deploy(2))]);
  expect(handed.map(({ revision }) => revision)).toEqual([1, 2]);
});

test("an unchanged document is handed on again after each wait, and no more often", async () => {
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  consul.put(keys.deploy("web"), deploy(1));
  const again: number[] = [];
  const on = { consul, clock, log: silentLog, service: "web", random: () => 0 };
  const signal = new AbortController().signal;
  void watchDeploy(
    { ...on, signal },
    () => {},
    ({ revision }) => void again.push(revision),
  );
  await clock.run(clock.sleep(600_000));
  expect(again.length).toBeGreaterThanOrEqual(9);
  expect(again.length).toBeLessThanOrEqual(11);
});

test.each([
  ["malformed JSON", "{"],
  ["an unknown schema", '{"schema":3}'],
  ["an empty key", ""],
  ["a missing field", '{"schema":2,"service":"web"}'],
])("%s is logged once and hands nothing on", async (_, text) => {
  const { handed, events } = await watched([put(text), put(text), put(text)]);
  expect(handed).toEqual([]);
  expect(events).toEqual(["watch.failed"]);
});

test("a key that is gone is logged and ignored", async () => {
  const { handed, events } = await watched([
    put(deploy(1)),
    (consul) => consul.remove(keys.deploy("web")),
    () => {},
  ]);
  expect(handed).toHaveLength(1);
  expect(events).toEqual(["watch.gone"]);
});

test("a key that is gone when an agent starts is logged only where a deploy was known", async () => {
  const nothing = [() => {}, () => {}, () => {}];
  expect(await watched(nothing, true)).toMatchObject({ handed: [], events: ["watch.gone"] });
  expect(await watched(nothing, false)).toMatchObject({ handed: [], events: [] });
});

test("while Consul is away the watch asks with backoff, and logs that once", async () => {
  const away = (consul: ReturnType<typeof memoryConsul>) => consul.away(true);
  const { events, elapsedMs } = await watched([away, away, away, away, away, away]);
  expect(events).toEqual(["watch.failed"]);
  expect(elapsedMs).toBeGreaterThan(10_000);
});
