import fc from "fast-check";
import { expect, test } from "vitest";
import { contains, isCidr, overlap, part, prefixLength, split } from "./cidr.ts";

const block = fc
  .tuple(fc.integer({ min: 0, max: 32 }), fc.nat())
  .map(([prefix, n]) => part("0.0.0.0/0", prefix, n % 2 ** prefix));

test.each(["10.42.0.0/16", "0.0.0.0/0", "255.255.255.255/32", "192.168.4.0/22"])(
  "%s is a block",
  (text) => {
    expect(isCidr(text)).toBe(true);
  },
);

test.each([
  "10.42.0.0",
  "10.42.0.1/16",
  "10.42.0.0/33",
  "10.256.0.0/16",
  "10.042.0.0/16",
  "10.42.0/16",
  " 10.42.0.0/16",
  "2001:db8::/32",
  "",
])("%j is not a block", (text) => {
  expect(isCidr(text)).toBe(false);
  expect(() => prefixLength(text)).toThrow(`${JSON.stringify(text)} is no block`);
});

test("a block contains itself and its parts, and no neighbour", () => {
  expect(contains("10.42.0.0/16", "10.42.0.0/16")).toBe(true);
  expect(contains("10.42.0.0/16", "10.42.255.0/24")).toBe(true);
  expect(contains("10.42.0.0/16", "10.43.0.0/24")).toBe(false);
  expect(contains("10.42.0.0/24", "10.42.0.0/16")).toBe(false);
  expect(contains("128.0.0.0/1", "255.255.255.0/24")).toBe(true);
});

test("two blocks overlap when one contains the other, in either order", () => {
  expect(overlap("10.42.0.0/16", "10.42.8.0/22")).toBe(true);
  expect(overlap("10.42.8.0/22", "10.42.0.0/16")).toBe(true);
  expect(overlap("10.42.0.0/16", "10.43.0.0/16")).toBe(false);
});

test("a split covers the block, in order and without overlap", () => {
  expect(split("10.42.0.0/22", 24)).toEqual([
    "10.42.0.0/24",
    "10.42.1.0/24",
    "10.42.2.0/24",
    "10.42.3.0/24",
  ]);
  fc.assert(
    fc.property(block, fc.integer({ min: 0, max: 4 }), (whole, bits) => {
      const prefix = Math.min(32, prefixLength(whole) + bits);
      const parts = split(whole, prefix);
      expect(new Set(parts).size).toBe(2 ** (prefix - prefixLength(whole)));
      for (const [at, one] of parts.entries()) {
        expect(contains(whole, one)).toBe(true);
        for (const other of parts.slice(at + 1)) expect(overlap(one, other)).toBe(false);
      }
    }),
  );
});

test("a part that does not exist is an error that names it", () => {
  expect(() => part("10.42.0.0/16", 18, 4)).toThrow("10.42.0.0/16 has no /18 number 4");
  expect(() => part("10.42.0.0/16", 8, 0)).toThrow("10.42.0.0/16 has no /8 number 0");
  expect(() => split("10.42.0.0/16", 33)).toThrow("10.42.0.0/16 has no /33 number 0");
});
