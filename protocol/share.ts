import * as z from "zod";

/** A part of a whole: a number, or a percentage like "25%". */
export const Share = z.union([
  z.number().int().min(0),
  z.string().regex(/^([1-9][0-9]?|100)%$/, 'a percentage is like "25%"'),
]);
export type Share = z.infer<typeof Share>;

/** The number that a share of a whole amounts to, rounded down. */
export function shareOf(share: Share, whole: number): number {
  return typeof share === "number" ? share : Math.floor((Number.parseInt(share, 10) * whole) / 100);
}
