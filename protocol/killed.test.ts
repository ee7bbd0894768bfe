import { expect, test } from "vitest";
import { killedIn, killedLines } from "./killed.ts";

test("each instance with a killed process has a line, with how long the process had", () => {
  const reports = [
    { instance: "web-1", killed: 1, killedAfterSeconds: 5 },
    { instance: "web-2" },
    { instance: "web-3", killed: 2, killedAfterSeconds: 5 },
    { instance: "web-4", killed: 2 },
  ];
  expect(killedLines(reports)).toEqual([
    "web-1: 1 process was killed after 5 s: it had not stopped",
    "web-3: 2 processes were killed after 5 s: they had not stopped",
    "web-4: 2 processes were killed: they had not stopped",
  ]);
  expect(killedIn(reports)).toBe(5);
});
