import { type Cidr, overlap, part, prefixLength } from "../../modules/network/cidr.ts";

/**
 * The next block of the private network 10.0.0.0/8 that is as large as `like`, comes after it and
 * overlaps none in use; after the last block it goes on from the first.
 *
 * @returns undefined where all are taken.
 */
export function nextCidr(like: Cidr, inUse: readonly Cidr[]): Cidr | undefined {
  const prefix = prefixLength(like);
  const count = 2 ** (prefix - 8);
  const blocks = Array.from({ length: count }, (_, n) => part("10.0.0.0/8", prefix, n));
  const after = blocks.indexOf(like) + 1;
  const inOrder = [...blocks.slice(after), ...blocks.slice(0, after)];
  return inOrder.find((block) => !inUse.some((used) => overlap(block, used)));
}
