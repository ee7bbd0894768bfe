import { expect, test } from "vitest";
import { errorShare } from "./error-share.ts";

const limit = 5;

/** Adds so many tries of an environment each second; each n-th one is bad. */
function tried(
  shares: ReturnType<typeof errorShare>,
  environmentId: string,
  seconds: readonly [number, number],
  { each = 10, badEach = Number.POSITIVE_INFINITY } = {},
) {
  let count = 0;
  for (let second = seconds[0]; second < seconds[1]; second += 1) {
    for (let i = 0; i < each; i += 1) {
      count += 1;
      const isBad = count % badEach === 0;
      shares.add({ front: 8001, beganAtMs: second * 1000 + i, isBad }, environmentId);
    }
  }
}

test.each([
  ["a tenth against none", 10, Number.POSITIVE_INFINITY, true],
  ["a tenth against a tenth", 10, 10, false],
  ["a fifth against a tenth", 5, 10, true],
  ["none against a tenth", Number.POSITIVE_INFINITY, 10, false],
  ["4 % against none", 25, Number.POSITIVE_INFINITY, false],
])(
  "a release is judged by what served before it in the same minute: %s",
  (_, its, olds, isFault) => {
    const shares = errorShare();
    tried(shares, "old", [0, 30], { badEach: olds });
    tried(shares, "new", [10, 40], { badEach: its });
    expect(shares.faultOf("new", 40_000, limit) !== undefined).toBe(isFault);
  },
);

test("a release is compared with the last minute of the old one, also after that stopped serving", () => {
  const shares = errorShare();
  tried(shares, "old", [0, 100], { badEach: 10 });
  tried(shares, "new", [100, 400], { badEach: 10 });
  expect(shares.faultOf("new", 400_000, limit)).toBeUndefined();
  tried(shares, "new", [400, 460], { badEach: 4 });
  expect(shares.faultOf("new", 460_000, limit)).toBe(
    "150 of 600 requests in a minute failed (25 %), of those before it 10 %; the limit is 5 percentage points more",
  );
});

test("four bad requests are not a fault, and neither are those of more than a minute ago", () => {
  const shares = errorShare();
  tried(shares, "old", [0, 60]);
  tried(shares, "new", [60, 64], { each: 1, badEach: 1 });
  expect(shares.faultOf("new", 64_000, limit)).toBeUndefined();
  tried(shares, "new", [64, 65], { each: 1, badEach: 1 });
  expect(shares.faultOf("new", 65_000, limit)).toBeDefined();
  expect(shares.faultOf("new", 200_000, limit)).toBeUndefined();
});

test("a release without anything to compare it with is not faulty", () => {
  const shares = errorShare();
  tried(shares, "new", [0, 60], { badEach: 1 });
  expect(shares.faultOf("new", 60_000, limit)).toBeUndefined();
});

test("an environment that serves again is judged by its new requests alone", () => {
  const shares = errorShare();
  tried(shares, "old", [0, 10], { badEach: 2 });
  tried(shares, "new", [10, 20]);
  shares.forget("old");
  tried(shares, "old", [20, 30]);
  expect(shares.faultOf("old", 30_000, limit)).toBeUndefined();
});
