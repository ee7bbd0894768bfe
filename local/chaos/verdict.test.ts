import { expect, test } from "vitest";
import type { Window } from "../load/records.ts";
import type { Excuse } from "./faults.ts";
import { verdict } from "./verdict.ts";

const at = (...lost: number[]) => {
  const windowOf = (from: number, to: number): Window => {
    const within = lost.filter((ms) => ms >= from && ms < to).length;
    const errors = within === 0 ? {} : { ECONNRESET: within };
    return { requests: 1000, lost: within, late: 0, errors, p50Ms: 1, p99Ms: 2, releases: {} };
  };
  return {
    window: async (from: number, to: number) => windowOf(from, to),
    stop: async () => windowOf(0, Number.POSITIVE_INFINITY),
  };
};
const cut = (from: number, to: number): Excuse => ({ why: "power cut", from, to });
const noWait = async () => {};

test("requests that are lost within excuses are counted apart, and once where excuses overlap", async () => {
  const line = await verdict(at(110, 150, 190), [cut(100, 160), cut(140, 200)], noWait);
  expect(line).toBe("1000 requests: 0 lost, and 3 during power cut (60 ms), power cut (60 ms)");
});

test("one request that is lost outside of every excuse is a failure, and the error has the counts", async () => {
  await expect(verdict(at(110, 250), [cut(100, 200)], noWait)).rejects.toThrow(
    '1000 requests: 1 lost, and 1 during power cut (100 ms); {"ECONNRESET":2}',
  );
});
