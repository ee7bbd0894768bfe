import { expect, test } from "vitest";
import { fetchBoundMs, transferBoundMs } from "./bounds.ts";

test.each([
  ["transfer", transferBoundMs],
  ["fetch", fetchBoundMs],
])(
  "a %s has two minutes for the smallest release, and for each GB more the time that 1 MB/s takes",
  (_, boundMs) => {
    expect(boundMs({ size: 1 })).toBeGreaterThanOrEqual(120_000);
    for (const size of [1, 1e9, 4e9]) {
      expect(boundMs({ size: size + 1e9 }) - boundMs({ size })).toBeGreaterThanOrEqual(1_000_000);
    }
  },
);
