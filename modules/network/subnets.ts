import { type Cidr, part, prefixLength } from "./cidr.ts";

/** The letters with which AWS's zone names end. */
export const zoneLetters = ["a", "b", "c", "d", "e", "f"] as const;
export type ZoneLetter = (typeof zoneLetters)[number];

const quarters = 4;

/**
 * The quarter of the network that a zone has. It follows from the letter alone, so that adding or
 * removing a zone never moves another zone's subnets. `a` and `e` share one, and so do `b` and `f`.
 */
export const quarterOf = (letter: ZoneLetter): number => zoneLetters.indexOf(letter) % quarters;

/** Blocks of a zone's subnets: half of its quarter is private, a quarter public, the rest free. */
export function zoneBlocks(network: Cidr, letter: ZoneLetter): { private: Cidr; public: Cidr } {
  const prefix = prefixLength(network);
  const quarter = part(network, prefix + 2, quarterOf(letter));
  return { private: part(quarter, prefix + 3, 0), public: part(quarter, prefix + 4, 2) };
}
