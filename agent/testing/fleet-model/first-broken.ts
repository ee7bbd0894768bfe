import { explore } from "./explore.ts";
import { Broken } from "./invariants.ts";
import type { Rules } from "./rules.ts";

/** One interleaving in this many is followed to its end, which takes most of the time. */
const endEvery = 8;

/**
 * Explores interleavings of the fleet's model, a seed each.
 *
 * @returns the first seed whose interleaving breaks a rule, and the rule; undefined if none does.
 */
export function firstBroken(by: Rules, from: number, count: number): string | undefined {
  for (let i = from; i < from + count; i += 1) {
    try {
      explore(i, by, i % endEvery === 0);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      return `SHOESTRING_SEED=${i} SHOESTRING_INTERLEAVINGS=1: ${error.message}`;
    }
  }
  return undefined;
}
