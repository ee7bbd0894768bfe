import { expect, test } from "vitest";
import { ago, duration, secondsSince } from "./times.js";

const now = Date.parse("2026-03-02T09:00:00Z");
const before = (seconds: number) => new Date(now - seconds * 1000).toISOString();

test.each([
  [0, "0 s ago"],
  [12, "12 s ago"],
  [59, "59 s ago"],
  [60, "1 min ago"],
  [3599, "59 min ago"],
  [3600, "1 h ago"],
  [47 * 3600, "47 h ago"],
  [48 * 3600, "2 days ago"],
  [-5, "0 s ago"], // a clock of another machine that is ahead
])("%s s before now is %s", (seconds, words) => {
  expect(ago(before(seconds), now)).toBe(words);
});

test.each([
  [0.04, "0.0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1 min 00 s"],
  [125, "2 min 05 s"],
  [3599.7, "1 h 00 min"],
  [7260, "2 h 01 min"],
])("%s s are %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test("a clock ticks in whole seconds and never goes below zero", () => {
  expect(secondsSince(before(12.9), now)).toBe(12);
  expect(secondsSince(before(-3), now)).toBe(0);
});
