import type { Deploy } from "../protocol/documents.ts";
import type { ServiceState } from "./state.ts";

/** What a deploy read from Consul means for this instance. */
export type Decision =
  | { readonly act: "roll" }
  | { readonly act: "nothing" }
  | { readonly act: "ignore"; readonly why: string };

/**
 * Compares a deploy with what is known here. Waking up is not a change: only the content
 * decides. An older one, as after a restored snapshot, is no wish (rules 6 and 7).
 */
export function decide(state: ServiceState, wish: Deploy): Decision {
  const known = state.deploy;
  if (!known) return { act: "roll" };
  if (sameDeploy(known, wish)) return state.ended ? { act: "nothing" } : { act: "roll" };
  if (wish.revision > known.revision) return { act: "roll" };
  // Revisions start again below ours after a restore; a wish made after the last one we know
  // is new all the same.
  if (Date.parse(wish.at) > Date.parse(known.at)) return { act: "roll" };
  return {
    act: "ignore",
    why: `revision ${wish.revision} of ${wish.at} is older than revision ${known.revision} of ${known.at}`,
  };
}

/** Whether two documents are the same deploy. */
export const sameDeploy = (one: Deploy, other: Deploy) =>
  one.revision === other.revision && one.at === other.at && one.release.id === other.release.id;
