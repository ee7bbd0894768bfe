import { expect, test } from "vitest";
import { silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import type { Exec } from "./exec.ts";
import type { FrontListeners } from "./front-listeners.ts";
import { nftablesGate } from "./nftables.ts";

const routes: [number, number][] = [
  [8001, 8101],
  [9001, 9101],
];

/** A gate over a kernel that records its scripts and lists the table that a test sets. */
function aGate() {
  const clock = simulatedClock();
  const scripts: string[] = [];
  let isFlushed = false;
  let elements: readonly unknown[] = [];
  let listened: ReadonlyMap<number, number> = new Map();
  const listeners: FrontListeners = {
    follow(active, closed) {
      listened = new Map([...active].filter(([front]) => !closed.has(front)));
    },
  };
  const exec: Exec = async (_, args, { input = "" } = {}) => {
    if (args.includes("list")) {
      if (isFlushed) throw new Error("No such file or directory");
      const whole = [{ chain: {} }, { chain: {} }, { rule: {} }, { rule: {} }];
      const map = { map: { name: "active", elem: routes } };
      return JSON.stringify({
        nftables: [...whole, map, { set: { name: "closed", elem: elements } }],
      });
    }
    if (isFlushed && !input.startsWith("add table")) throw new Error("No such file or directory");
    isFlushed = false;
    scripts.push(input);
    return "";
  };
  return {
    gate: nftablesGate({ exec, log: silentLog, clock, listeners }, new Map(routes)),
    /** Where open front ports lead while the table is out. */
    listened: () => [...listened],
    last: () => scripts.at(-1) ?? "",
    scripts,
    flush() {
      isFlushed = true;
    },
    /** Sets the closed front ports of the table, with the seconds left. */
    has(...closed: readonly [number, number][]) {
      elements = closed.map(([val, expires]) => ({ elem: { val, timeout: 60, expires } }));
    },
    hasForEver(front: number) {
      elements = [front];
    },
    seconds: (count: number) => clock.run(clock.sleep(count * 1000)),
  };
}

test("a table that is put back keeps the front ports of a roll closed for the rest of their time", async () => {
  const on = aGate();
  await on.gate.close(8001, 60);
  await on.seconds(20);
  on.flush();
  await expect(on.gate.reconcile()).resolves.toBe(true);
  expect(on.last()).toContain("elements = { 8001 timeout 40s }");
});

test("a process that switches while the table is flushed opens no other gate", async () => {
  const on = aGate();
  await on.gate.close(8001, 60);
  on.flush();
  await on.gate.point(9001, 9201);
  expect(on.last()).toContain("elements = { 8001 : 8101, 9001 : 9201 }");
  expect(on.last()).toContain("elements = { 8001 timeout 60s }");
});

test("a process that is closed while the table is flushed opens no other gate", async () => {
  const on = aGate();
  await on.gate.close(8001, 60);
  on.flush();
  await on.gate.close(9001, 30);
  expect(on.last()).toContain("elements = { 8001 timeout 60s, 9001 timeout 30s }");
});

test("a front port that was opened, or opened by itself, stays open when the table is put back", async () => {
  const on = aGate();
  await on.gate.close(8001, 60);
  await on.gate.close(9001, 10);
  await on.gate.point(8001, 8201);
  await on.seconds(11);
  on.flush();
  await on.gate.reconcile();
  expect(on.last()).not.toContain("timeout 6");
  expect(on.last()).not.toMatch(/timeout \d+s/);
});

test("closing a closed front port removes and adds it, so that it stays closed for longer", async () => {
  const on = aGate();
  await on.gate.close(8001, 60);
  expect(on.last().trim().split("\n")).toEqual([
    "add element inet shoestring closed { 8001 timeout 1s }",
    "delete element inet shoestring closed { 8001 }",
    "add element inet shoestring closed { 8001 timeout 60s }",
  ]);
});

test("a table that has lost a closed front port, or has one too many, is not intact", async () => {
  const on = aGate();
  await on.gate.close(8001, 60);
  on.has([8001, 59]);
  await expect(on.gate.reconcile()).resolves.toBe(false);
  on.has();
  await expect(on.gate.reconcile()).resolves.toBe(true);
  on.has([8001, 59], [9001, 59]);
  await expect(on.gate.reconcile()).resolves.toBe(true);
  on.hasForEver(8001);
  await expect(on.gate.reconcile()).resolves.toBe(true);
});

test("a table is intact when a front port opens by itself a moment sooner or later than expected", async () => {
  const on = aGate();
  await on.gate.close(8001, 60);
  await on.seconds(59.5);
  on.has();
  await expect(on.gate.reconcile()).resolves.toBe(false);
  on.has([8001, 1]);
  await on.seconds(1);
  await expect(on.gate.reconcile()).resolves.toBe(false);
});

test("a new agent keeps the front ports closed that a former one closed, also after a repair", async () => {
  const on = aGate();
  on.has([8001, 30]);
  await expect(on.gate.takeOver()).resolves.toBe(false);
  expect(on.scripts).toEqual([]);
  await on.seconds(10);
  on.flush();
  await on.gate.reconcile();
  expect(on.last()).toContain("elements = { 8001 timeout 20s }");
});

test("connections made while the table is out lead where the table led them", async () => {
  const on = aGate();
  await on.gate.takeOver();
  expect(on.listened()).toEqual(routes);
  await on.gate.close(8001, 60);
  expect(on.listened()).toEqual([[9001, 9101]]);
  on.flush();
  await on.gate.reconcile();
  expect(on.listened()).toEqual([[9001, 9101]]);
  await on.gate.point(8001, 8201);
  expect(on.listened()).toEqual([
    [8001, 8201],
    [9001, 9101],
  ]);
});
