import * as z from "zod";

/** Seconds up to an hour. */
export const secondsFrom = (least: number) => z.number().min(least).max(3600);
