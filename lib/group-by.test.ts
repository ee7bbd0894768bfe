import { expect, test } from "vitest";
import { groupBy } from "./group-by.ts";

test("groups and their items keep the order in which they came", () => {
  const groups = groupBy([5, 2, 3, 4], (n) => (n % 2 === 0 ? "even" : "odd"));
  expect([...groups]).toEqual([
    ["odd", [5, 3]],
    ["even", [2, 4]],
  ]);
});
