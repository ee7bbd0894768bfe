import { Problem } from "../../lib/problem.ts";

/** A block of IPv4 addresses, like "10.42.0.0/16". Its address is the first of the block. */
export type Cidr = string;

/** Whether a text is a block. `10.42.0.1/16` is not: its address is not the block's first. */
export const isCidr = (text: string): boolean => read(text) !== undefined;

/**
 * The number after the slash: how many leading bits the block's addresses share.
 *
 * @throws Problem when the text is not a block.
 */
export const prefixLength = (cidr: Cidr): number => block(cidr).prefix;

/**
 * Whether every address of `inner` is in `outer`.
 *
 * @throws Problem when either is not a block.
 */
export function contains(outer: Cidr, inner: Cidr): boolean {
  const [out, within] = [block(outer), block(inner)];
  return out.first <= within.first && end(within) <= end(out);
}

/**
 * Whether two blocks share an address: then one of them contains the other.
 *
 * @throws Problem when either is not a block.
 */
export const overlap = (one: Cidr, other: Cidr): boolean =>
  contains(one, other) || contains(other, one);

/**
 * The n-th block of a longer prefix inside a block, counted from 0.
 *
 * @throws Problem when there is no such part.
 */
export function part(whole: Cidr, prefix: number, n: number): Cidr {
  const { first, prefix: shorter } = block(whole);
  const parts = 2 ** (prefix - shorter);
  if (!isWhole(prefix, shorter, 32) || !isWhole(n, 0, parts - 1)) {
    throw new Problem({
      happened: `${whole} has no /${prefix} number ${n}`,
      unchanged: "nothing was synthesised",
      next: `use a prefix from ${shorter} to 32 and a number below 2^(prefix - ${shorter})`,
    });
  }
  return `${dotted(first + n * 2 ** (32 - prefix))}/${prefix}`;
}

/**
 * All blocks of a longer prefix inside a block, in order.
 *
 * @throws Problem when the prefix is not longer.
 */
export function split(whole: Cidr, prefix: number): readonly Cidr[] {
  const parts = Math.max(1, 2 ** (prefix - prefixLength(whole)));
  return Array.from({ length: parts }, (_, n) => part(whole, prefix, n));
}

interface Block {
  readonly first: number;
  readonly prefix: number;
}

// Sums and products, not bit operations, which would read an address above 127.x as negative.
const end = ({ first, prefix }: Block) => first + 2 ** (32 - prefix);

function block(text: Cidr): Block {
  const found = read(text);
  if (found) return found;
  throw new Problem({
    happened: `${JSON.stringify(text)} is no block of IPv4 addresses`,
    unchanged: "nothing was synthesised",
    next: 'use the first address of the block and its prefix, like "10.42.0.0/16"',
  });
}

function read(text: string): Block | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const numbers = match.slice(1);
  // "010" means 8 to some readers and 10 to others.
  if (numbers.some((number) => number.length > 1 && number.startsWith("0"))) return undefined;
  const [a, b, c, d, prefix] = numbers.map(Number) as [number, number, number, number, number];
  if (Math.max(a, b, c, d) > 255 || prefix > 32) return undefined;
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  return first % 2 ** (32 - prefix) === 0 ? { first, prefix } : undefined;
}

const dotted = (address: number) =>
  [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");

const isWhole = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;
