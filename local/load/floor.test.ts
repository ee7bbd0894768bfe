import { expect, test } from "vitest";
import { aService } from "../../agent/testing/builders.ts";
import { floorSeconds, roundsOf } from "./floor.ts";

test("the floor is the download, every stop and start, and the healthy time once for each batch", () => {
  const stopStartSeconds = [0.5, 0.5, 0.5, 0.5];
  const parts = { downloadSeconds: 0.1, stopStartSeconds, rounds: 2, minHealthyTimeSeconds: 0.5 };
  expect(floorSeconds(parts)).toBeCloseTo(3.1);
});

test.each([
  [{ processes: 4 }, 2],
  [{ processes: 1 }, 1],
  [{ processes: 8 }, 4],
  [{ processes: 4, parallel: 1 }, 4],
  [{ processes: 4, strategy: "in-place" }, 4],
] as const)("%o rolls in %i batches", (differs, rounds) => {
  expect(roundsOf(aService(differs))).toBe(rounds);
});
