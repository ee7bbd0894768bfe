import type { Deploy } from "../../protocol/documents.ts";
import type { ServiceState } from "./state.ts";

/** What a deploy read from Consul means for this instance. */
export type Decision =
  | { readonly act: "roll" }
  | { readonly act: "nothing" }
  | { readonly act: "ignore"; readonly why: string };

/**
 * Compares a deploy with what is known here. Waking up is not a change: only the content
 * decides. An older one, as after a restored snapshot, is ignored (docs/rules.md, rule 7: older
 * never overwrites newer).
 */
export function decide(state: ServiceState, desired: Deploy): Decision {
  const known = state.deploy;
  if (!known) return { act: "roll" };
  if (sameDeploy(known, desired)) return state.ended ? { act: "nothing" } : { act: "roll" };
  // A Consul that was made anew: its revisions begin again, and no clock is asked.
  if (isNewEpoch(state, known, desired)) return { act: "roll" };
  if (desired.epoch === known.epoch && desired.revision > known.revision) return { act: "roll" };
  // Revisions start again below ours after a restore; a deploy made after the last one we know
  // is new all the same.
  if (Date.parse(desired.at) > Date.parse(known.at)) return { act: "roll" };
  return {
    act: "ignore",
    why: `revision ${desired.revision} of ${desired.at} is older than revision ${known.revision} of ${known.at}`,
  };
}

/** Whether a deploy is of a history that this instance never followed. */
const isNewEpoch = ({ formerEpochs = [] }: ServiceState, known: Deploy, { epoch }: Deploy) =>
  epoch !== undefined && epoch !== known.epoch && !formerEpochs.includes(epoch);

/** So many are remembered: each is a Consul that was lost and made anew. */
const keptEpochs = 20;

/** The state with another deploy as the desired one. */
export function accept({ ended: _, ...state }: ServiceState, deploy: Deploy): ServiceState {
  const former = state.deploy?.epoch;
  if (former === undefined || former === deploy.epoch) return { ...state, deploy };
  const others = (state.formerEpochs ?? []).filter((it) => it !== former && it !== deploy.epoch);
  return { ...state, deploy, formerEpochs: [...others, former].slice(-keptEpochs) };
}

/** Whether two documents are the same deploy. */
export const sameDeploy = (one: Deploy, other: Deploy) =>
  one.revision === other.revision && one.at === other.at && one.release.id === other.release.id;
