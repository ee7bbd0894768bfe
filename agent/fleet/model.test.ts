import { expect, test } from "vitest";
import { Broken, explore, type Rules, rules } from "../testing/fleet-model.ts";

/** Interleavings that are explored; `make soak` asks for more. */
const interleavings = Number(process.env.SHOESTRING_INTERLEAVINGS ?? 100_000);
/** The first seed; the following runs take those after it. */
const seed = Number(process.env.SHOESTRING_SEED ?? Date.now() % 1_000_000_000);

/** The first seed whose run breaks a rule, with the rule. */
function firstBroken(by: Rules, from: number, runs: number): string | undefined {
  for (let i = 0; i < runs; i += 1) {
    try {
      explore(from + i, by);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      return `SHOESTRING_SEED=${from + i} SHOESTRING_INTERLEAVINGS=1: ${error.message}`;
    }
  }
  return undefined;
}

test(`rules 2, 6, 7, 9 and 10 hold in ${interleavings} interleavings, and each comes to an end`, {
  timeout: 30_000 + interleavings * 5,
}, () => {
  console.log(`seeds ${seed} to ${seed + interleavings - 1}`);
  expect(firstBroken(rules, seed, interleavings)).toBeUndefined();
});

const mistakes: readonly (readonly [string, Partial<Rules>, RegExp])[] = [
  ["a round's transaction carries no proof of its slot", { provesSlot: false }, /rule 9/],
];

test.each(mistakes)("the exploration finds it when %s", (_, mistake, rule) => {
  expect(firstBroken({ ...rules, ...mistake }, 1, 20_000)).toMatch(rule);
});
