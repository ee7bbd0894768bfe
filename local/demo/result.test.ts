import { expect, test } from "vitest";
import { type DemoResult, exitCode } from "./result.ts";

const ended = (differs: Partial<DemoResult>, ...leastServing: number[]) =>
  exitCode({
    ...{ instances: 2, processes: 4, strategy: "overlap" },
    ...{ requests: 1000, failed: 0, late: 0, errors: {} },
    ...{ p50Ms: 8, p99Ms: 20, steadyP99Ms: 20, rollP99Ms: 20 },
    machine: { cores: 2, memoryGiB: 4, kernel: "6.18", node: "v24.0.0" },
    releases: leastServing.map((least, i) => ({
      id: `web-${i + 2}-abcdef0`,
      ...{ deploySeconds: 4, doneSeconds: 5, floorSeconds: 6, ratios: {}, p99Ms: 20 },
      leastServing: least,
    })),
    ...differs,
  });

test("the demo succeeds when no request is lost and every process serves throughout", () => {
  expect(ended({}, 4, 4)).toBe(0);
});

test("one lost request fails the demo", () => {
  expect(ended({ failed: 1 }, 4, 4)).toBe(1);
});

test("a process that stops serving for a moment fails the demo with overlap; in place one may be out", () => {
  expect(ended({}, 4, 3)).toBe(1);
  expect(ended({ strategy: "in-place" }, 3, 3)).toBe(0);
  expect(ended({ strategy: "in-place" }, 3, 2)).toBe(1);
});
