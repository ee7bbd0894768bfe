import { expect, test } from "vitest";
import { isRecurrence } from "./recurrence.ts";

test.each([
  "0 20 * * *",
  "30 6 * * 1-5",
  "*/15 8-18 * * MON-FRI",
  "0 0 1,15 jan-mar *",
  "0-30/10 0 31 12 0,6",
])("%j is a recurrence", (text) => {
  expect(isRecurrence(text)).toBe(true);
});

test.each([
  "",
  "daily",
  "0 20 * *",
  "0 20 * * * *",
  "60 20 * * *",
  "0 24 * * *",
  "0 20 0 * *",
  "0 20 * 13 *",
  "0 20 * * 7",
  "0 20 * * FRI-MON",
  "0 18-8 * * *",
  "*/0 20 * * *",
  "*-5 20 * * *",
  "0 20 L * *",
  "0 20 * * JAN",
  "0  20 * * *",
  "0 20 , * *",
  "-1 20 * * *",
])("%j is none, and Auto Scaling would refuse it", (text) => {
  expect(isRecurrence(text)).toBe(false);
});
