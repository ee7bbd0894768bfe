import { expect, test } from "vitest";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { runRulesetWatchdog } from "./ruleset-watchdog.ts";

/** A gate with its watchdog, and the watchdog's log. */
function aGuard() {
  const startedAt = Date.parse("2026-01-01T00:00:00Z");
  const clock = simulatedClock(startedAt);
  const logged: [string, Record<string, unknown>][] = [];
  const table = {
    isIntact: true,
    refusesRepair: false,
    during: undefined as (() => boolean) | undefined,
  };
  let changed = (_: boolean) => {};
  let looks = 0;
  const gate = {
    async reconcile() {
      looks += 1;
      if (table.during) return table.during();
      if (table.isIntact) return false;
      if (table.refusesRepair) throw new Error("Device or resource busy");
      table.isIntact = true;
      return true;
    },
  };
  void runRulesetWatchdog(gate, {
    clock,
    log: (event, fields = {}) => void logged.push([event, fields]),
    watchRuleset: (call) => {
      changed = call;
    },
  });
  const at = (value: unknown) => (Date.parse(String(value)) - startedAt) / 1000;
  const seconds = (count: number) => clock.run(clock.sleep(count * 1000));
  return {
    ...{ table, logged, at, seconds },
    looks: () => looks,
    changed: () => changed(false),
    removed: () => changed(true),
    sleepers: clock.sleepers,
  };
}

test("an outage is logged with the time of the last look that found the gate intact", async () => {
  const on = aGuard();
  await on.seconds(40); // the watchdog looks by itself at 30 s
  on.table.isIntact = false;
  on.changed();
  await on.seconds(1);
  expect(on.logged.map(([event]) => event)).toEqual(["gate.outage"]);
  const [, { since, noticed }] = on.logged[0] as (typeof on.logged)[0];
  expect([on.at(since), on.at(noticed)]).toEqual([30.02, 40]);
});

test("a change that the kernel did not announce is found by the next look", async () => {
  const on = aGuard();
  await on.seconds(10);
  on.table.isIntact = false;
  await on.seconds(30);
  const [, { since, noticed }] = on.logged[0] as (typeof on.logged)[0];
  expect([on.at(since), on.at(noticed)]).toEqual([0, 30]);
});

test("an outage lasts until a repair succeeds: a failed repair does not shorten it", async () => {
  const on = aGuard();
  Object.assign(on.table, { isIntact: false, refusesRepair: true });
  on.changed();
  await on.seconds(10);
  on.table.refusesRepair = false;
  await on.seconds(2);
  expect(on.logged.map(([event]) => event)).toEqual(["gate.repair.failed", "gate.outage"]);
  expect(on.at(on.logged[1]?.[1].since)).toBe(0);
});

test("changes that leave the gate intact cost one look a second, and no timer for each", async () => {
  const on = aGuard();
  for (let i = 0; i < 500; i += 1) {
    on.changed();
    await on.seconds(0.02);
  }
  expect(on.looks()).toBeLessThanOrEqual(10);
  expect(on.sleepers()).toBeLessThanOrEqual(2);
});

test("a gate that is removed right after a look that found it intact is put back at once", async () => {
  const on = aGuard();
  on.changed();
  await on.seconds(0.1);
  on.table.isIntact = false;
  on.removed();
  await on.seconds(0.1);
  expect(on.logged.map(([event]) => event)).toEqual(["gate.outage"]);
});

test("a change during a look causes another look", async () => {
  const on = aGuard();
  on.table.during = () => {
    on.table.during = undefined;
    on.table.isIntact = false;
    on.changed();
    return false;
  };
  on.changed();
  await on.seconds(2);
  expect(on.logged.map(([event]) => event)).toEqual(["gate.outage"]);
});

test("a change by another program that leaves the gate intact is not an outage", async () => {
  const on = aGuard();
  await on.seconds(5);
  on.changed();
  await on.seconds(5);
  expect(on.logged).toEqual([]);
});
