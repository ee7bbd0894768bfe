import { expect, test } from "vitest";
import { caption, rolloutsTable } from "./tables.ts";

test("a way's times are shown over the floor, and its p99 over its own steady one", () => {
  const way = {
    name: "a way",
    how: "",
    deploys: 20,
    requests: 48_000,
    lost: 3,
    errors: { ECONNRESET: 3 },
    late: 7,
    servedSeconds: 3,
    endedSeconds: 4,
    steadyP99Ms: 10,
    p99Ms: 15,
    worstP99Ms: 31,
    memoryMegabytes: { daemon: 75.6 },
  };
  const [, , row] = rolloutsTable({ floorSeconds: 2, ways: [way] }).split("\n");
  expect(row).toBe(
    "| a way | 3 of 48000 | 7 | 20 | 1.50 | 2.00 | 10 | 15 | 1.5 | 3.1 | daemon 76 |",
  );
});

test("the caption of figures from a busy machine says that it was not at rest", () => {
  const machine = { cores: 2, memoryGiB: 24, kernel: "6.18", node: "v20.20.2" };
  const of = (loadAverageBefore: number) =>
    caption({ runAt: "2026-01-02T03:04:05.000Z", machine, loadAverageBefore });
  expect(of(0.4)).toBe(
    "Measured in the run of 2026-01-02, 03:04 UTC, on 2 cores, 24 GiB, kernel 6.18, node v20.20.2; load average before it 0.4.",
  );
  expect(of(13.7)).toContain("13.7: **not at rest**.");
});
