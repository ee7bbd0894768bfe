import { expect, test } from "vitest";
import { seenCounts } from "./capacity.ts";

test("the fewest serving processes are counted since the given moment", () => {
  const seen = seenCounts("web-1");
  for (const [at, serving] of [
    [1, 2],
    [2, 4],
    [3, 3],
    [4, 4],
  ] as const)
    seen.add(at, serving);
  expect([seen.least(1), seen.least(2), seen.least(4)]).toEqual([2, 3, 4]);
});

test("a period without samples is an error and does not count as full capacity", () => {
  const seen = seenCounts("web-1");
  seen.add(1, 4);
  expect(() => seen.least(2)).toThrow("how many processes of web-1 serve was not sampled");
});

test("a sampling that broke off is an error and does not pass for a complete one", () => {
  const seen = seenCounts("web-1");
  seen.add(1, 4);
  seen.end();
  expect(() => seen.least(1)).toThrow("was not sampled");
});
