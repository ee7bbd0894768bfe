import { expect, test } from "vitest";
import { backoff } from "./backoff.ts";

test("each wait is twice the one before, up to the longest, and a reset begins with the shortest", () => {
  const again = backoff({ shortestMs: 500, longestMs: 2500 }, () => 0);
  const waits = () => Array.from({ length: 5 }, () => again.nextMs());
  expect(waits()).toEqual([500, 1000, 2000, 2500, 2500]);
  again.reset();
  expect(again.nextMs()).toBe(500);
});

test("backoffs with different random numbers wait for different times", () => {
  const first = (random: number) =>
    backoff({ shortestMs: 500, longestMs: 2500 }, () => random).nextMs();
  expect([0, 0.5, 0.9].map(first)).toEqual([500, 750, 950]);
});
