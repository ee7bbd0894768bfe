import { expect, test } from "vitest";
import { planRows } from "./plan.ts";
import type { ScaleResult } from "./scale.ts";

const scale = {
  agents: 2000,
  lastDeliveryMs: 1000,
  worstLastDeliveryMs: 1400,
  serverCpuMsPerWrite: 620,
  serverMegabytesBefore: 100,
  serverMegabytes: 220,
  writesPerSecond: 1500,
  idle: { seconds: 58, requestsPerSecond: 60, serverCpuPercent: 4 },
} as ScaleResult;
const requests = {
  writes: 2240,
  refused: 64,
  sessions: 64,
  renewals: 0,
  reads: 0,
  reports: 240_000,
};
const rows = planRows({ scale, rollout: { instances: 64, requests }, rollSeconds: 4.5 });
const row = (letter: string) => rows.find(([first]) => first === letter)?.slice(2);

test("a figure that grows with the agents is five times as large at 10,000 as at 2,000", () => {
  expect(row("A")).toEqual(["60 /s", "n", "300 /s"]);
  expect(row("C")).toEqual(["120 MB, 60 KB each agent", "n", "600 MB"]);
  expect(row("E")).toEqual(["1 s, worst 1.4 s", "n ÷ processors", "5 s, worst 7 s"]);
});

test("a figure that grows with a rollout's instances is its value for one times 10,000", () => {
  expect(row("H")).toEqual(["2,200 of 64, 35 each", "n", "350,000"]);
  expect(row("J")).toEqual(["1.5 s of 64", "n", "3.9 min"]);
});

test("a figure of reads of every instance by every instance grows with the square", () => {
  expect(row("N")).toEqual(["220 MB of 64", "n²", "5.3 TB"]);
});

test("a rollout's time is that of its rolls divided by its slots", () => {
  expect(row("P")).toEqual([
    "4.8 min of 64, one slot",
    "n ÷ slots",
    "13 h with one, 7.5 min with 100",
  ]);
  expect(row("Q")).toEqual(["7.8 /s with one slot", "slots", "780 /s with 100"]);
});
