import fc from "fast-check";
import { expect, test } from "vitest";
import { parts, shareWallTime } from "./wall-time.ts";

const shares = (...args: Parameters<typeof shareWallTime>) =>
  Object.fromEntries(shareWallTime(...args));

test("time is assigned to the spans of that moment, in equal shares where several overlap", () => {
  const spans = [
    { part: "start", from: 0, to: 6 },
    { part: "probe", from: 4, to: 10 },
  ] as const;
  expect(shares(spans, 0, 10)).toEqual({ start: 5, probe: 5 });
});

test("time without a span is other", () => {
  expect(shares([{ part: "start", from: 2, to: 4 }], 0, 10)).toEqual({ other: 8, start: 2 });
});

test("an instance that waits or prepares while another rolls gets no time", () => {
  const spans = [
    { part: "wait", from: 0, to: 10 },
    { part: "prepare", from: 0, to: 3 },
    { part: "start", from: 2, to: 8 },
  ] as const;
  expect(shares(spans, 0, 10)).toEqual({ prepare: 2, start: 6, wait: 2 });
});

test("spans are cut at the beginning and the end", () => {
  expect(shares([{ part: "drain", from: -5, to: 50 }], 0, 10)).toEqual({ drain: 10 });
  expect(shares([{ part: "drain", from: 20, to: 50 }], 0, 10)).toEqual({ other: 10 });
});

test("the shares always add up to the time", () => {
  const span = fc.record({
    part: fc.constantFrom(...parts),
    from: fc.integer({ min: -50, max: 150 }),
    to: fc.integer({ min: -50, max: 150 }),
  });
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const sum = [...shareWallTime(spans, 0, 100).values()].reduce((all, ms) => all + ms, 0);
      expect(sum).toBeCloseTo(100);
    }),
  );
});
