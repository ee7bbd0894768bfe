import type { Release } from "../../protocol/documents.ts";

/** What goes slower than this never arrives in time. */
const slowestBytesPerMs = 1000;
const graceMs = 2 * 60_000;

/** In this time a release's archive has come over the network, or its tree has reached the disk. */
export const transferBoundMs = ({ size }: Pick<Release, "size">) =>
  Math.ceil(size / slowestBytesPerMs) + graceMs;

/** In this time a release is here: downloaded, with a few tries, unpacked and synced. */
export const fetchBoundMs = ({ size }: Pick<Release, "size">) =>
  Math.ceil(size / slowestBytesPerMs) + 5 * 60_000;

/** Secrets of one deploy, all at once. */
export const resolveBoundMs = 60_000;

/** One answer to a hook. */
export const hookBoundMs = 30_000;
