import { expect, test } from "vitest";
import { seenCounts } from "./capacity.ts";

test("the fewest that served are those since a moment", () => {
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

test("where nothing was sampled, nobody says that all served", () => {
  const seen = seenCounts("web-1");
  seen.add(1, 4);
  expect(() => seen.least(2)).toThrow("how many processes of web-1 serve was not sampled");
});

test("a sampling that broke off does not pass for a whole one", () => {
  const seen = seenCounts("web-1");
  seen.add(1, 4);
  seen.end();
  expect(() => seen.least(1)).toThrow("was not sampled");
});
