import type { Release } from "../../protocol/documents.ts";

/** The slowest transfer that still arrives in time. */
const slowestBytesPerMs = 1000;
const graceMs = 2 * 60_000;

/** Longest time for an archive to come over the network, or for its tree to reach the disk. */
export const transferBoundMs = ({ size }: Pick<Release, "size">) =>
  Math.ceil(size / slowestBytesPerMs) + graceMs;

/** Longest time to fetch a release: download with a few tries, unpack and sync. */
export const fetchBoundMs = ({ size }: Pick<Release, "size">) =>
  Math.ceil(size / slowestBytesPerMs) + 5 * 60_000;

/** Longest time to resolve all secrets of a deploy. */
export const resolveBoundMs = 60_000;

/** Longest time for one answer to a hook. */
export const hookBoundMs = 30_000;
