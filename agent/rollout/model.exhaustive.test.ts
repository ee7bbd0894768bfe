import { expect, test } from "vitest";
import { firstBroken, rules } from "../testing/fleet-model/index.ts";

/** How many interleavings are explored; `make soak` asks for more. */
const interleavings = Number(process.env.SHOESTRING_INTERLEAVINGS ?? 100_000);
/**
 * The first seed; the next interleavings take the seeds after it. The same in each run, so that a
 * change is judged by itself: `make soak` begins elsewhere each time.
 */
const seed = Number(process.env.SHOESTRING_SEED ?? 1);

test(`bounded capacity (rule 2 of docs/rules.md), order (7), conditional writes (9) and joins (10) hold in ${interleavings} interleavings, and each comes to an end`, {
  timeout: 300_000 + interleavings * 5,
}, () => {
  console.log(`model of a rollout: seeds ${seed} to ${seed + interleavings - 1}`);
  expect(firstBroken(rules, seed, interleavings)).toBeUndefined();
});
