import { expect, test } from "vitest";
import { rolloutsTable } from "./tables.ts";

test("a way's times are shown over the floor, and its p99 over its own steady one", () => {
  const way = {
    name: "a way",
    how: "",
    deploys: 20,
    requests: 48_000,
    lost: 3,
    errors: { ECONNRESET: 3 },
    late: 0,
    servedSeconds: 3,
    endedSeconds: 4,
    steadyP99Ms: 10,
    p99Ms: 15,
    worstP99Ms: 31,
    memoryMegabytes: { daemon: 75.6 },
  };
  const [, , row] = rolloutsTable({ floorSeconds: 2, ways: [way] }).split("\n");
  expect(row).toBe("| a way | 3 of 48000 | 20 | 1.50 | 2.00 | 1.5 | 3.1 | daemon 76 |");
});
