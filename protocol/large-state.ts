import type { LargeState } from "./documents.ts";

/** An agent writes its size again every ten minutes; an instance that is gone does not. */
const longestAgoMs = 1_800_000;

/** Those of a document that were written lately, by instance. */
export const recentlyLarge = (
  instances: LargeState["instances"],
  now: Date,
): LargeState["instances"] =>
  Object.fromEntries(
    Object.entries(instances).filter(
      ([, { at }]) => now.getTime() - Date.parse(at) <= longestAgoMs,
    ),
  );
