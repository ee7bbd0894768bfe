import { expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { keys } from "../../protocol/keys.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { reportLargeState } from "./large-state.ts";
import { watchStateSize } from "./state-size.ts";

test("a state folder that outgrows its limit is logged once, and once more when it fits again", async () => {
  const clock = simulatedClock();
  const sizes = [100, 600, 700, new Error("du takes too long"), 700, 400];
  const logged: unknown[] = [];
  const reported: unknown[] = [];
  void watchStateSize({
    services: [{ service: "web" }, { service: "shop", state: { maxMib: 512 } }],
    measureMib: async (service) => {
      expect(service).toBe("shop");
      const size = sizes.shift() ?? 400;
      if (size instanceof Error) throw size;
      return size;
    },
    report: async (service, size) => void reported.push([service, size?.mib]),
    clock,
    log: (event, fields) => logged.push({ event, ...fields }),
  });
  await clock.run(clock.sleep(6 * 600_000));
  expect(logged).toEqual([
    { event: "state.large", service: "shop", mib: 600, maxMib: 512 },
    { event: "state.unmeasured", service: "shop", error: "du takes too long" },
    { event: "state.fits", service: "shop", mib: 400, maxMib: 512 },
  ]);
  expect(reported).toEqual([
    ["shop", 600],
    ["shop", 700],
    ["shop", 700],
    ["shop", undefined],
  ]);
});

test("a report that Consul does not take is written at the next look", async () => {
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  const sizes = [600, 600, 400, 400];
  void watchStateSize({
    services: [{ service: "shop", state: { maxMib: 512 } }],
    measureMib: async () => sizes.shift() ?? 400,
    report: reportLargeState({ consul, instance: "web-1", clock }),
    ...{ clock, log: () => {} },
  });
  const isTold = () => consul.text(keys.largeState("shop"))?.includes("web-1") ?? false;
  const told: boolean[] = [];
  for (const isAway of [true, false, true, false]) {
    consul.away(isAway);
    await clock.run(clock.sleep(600_000));
    told.push(isTold());
  }
  expect(told).toEqual([false, true, true, false]);
});

test("the document of too large states has each instance that wrote it lately, and goes with the last", async () => {
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  const of = (instance: string) => reportLargeState({ consul, instance, clock });
  const names = () =>
    Object.keys(JSON.parse(consul.text(keys.largeState("shop")) ?? '{"instances":{}}').instances);
  await of("web-1")("shop", { mib: 600, maxMib: 512 });
  await clock.run(clock.sleep(1_200_000));
  await of("web-2")("shop", { mib: 700, maxMib: 512 });
  expect(names()).toEqual(["web-1", "web-2"]);
  await clock.run(clock.sleep(1_200_000));
  await of("web-2")("shop", { mib: 800, maxMib: 512 });
  expect(names()).toEqual(["web-2"]);
  await of("web-2")("shop", undefined);
  expect(consul.text(keys.largeState("shop"))).toBeUndefined();
});
