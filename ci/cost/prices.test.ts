import { expect, test } from "vitest";
import { instanceTypes, prices } from "./prices.ts";

const usd = (what: string) => prices[what]?.usd ?? Number.NaN;

test("every price names its page, and a price of 0 has a note about the cost of use", () => {
  for (const [what, { usd, page, note }] of Object.entries(prices)) {
    expect(page, what).toMatch(/^aws\.amazon\.com\/.+\/pricing/);
    if (usd === 0) expect(note, what).toContain("by use");
    else expect(usd, what).toBeGreaterThan(0);
  }
});

test("the sizes of a family are in order, each about twice as dear", () => {
  for (const [place, type] of instanceTypes.entries()) {
    const next = instanceTypes[place + 1];
    if (next?.split(".")[0] !== type.split(".")[0]) continue;
    const ratio = usd(next as string) / usd(type);
    expect(ratio, next).toBeGreaterThan(1.9);
    expect(ratio, next).toBeLessThan(2.1);
  }
});

test("a standby costs as much as its database", () => {
  const pairs = Object.keys(prices).filter((it) => it.endsWith(" in two zones"));
  expect(pairs).not.toEqual([]);
  for (const both of pairs) {
    expect(usd(both), both).toBeCloseTo(2 * usd(both.replace(" in two zones", "")));
  }
});
