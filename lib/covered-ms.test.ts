import { expect, test } from "vitest";
import { coveredMs } from "./covered-ms.ts";

test("the covered time counts what spans share once, and what lies between them not at all", () => {
  expect(coveredMs([])).toBe(0);
  const apart = [60, 70] as const;
  const [long, within, overlapping] = [[0, 30] as const, [5, 10] as const, [20, 50] as const];
  expect(coveredMs([apart, overlapping, within, long])).toBe(60);
});
