import type { Deploy } from "../../protocol/documents.ts";
import type { ServiceState } from "./state.ts";

/** The action that a deploy read from Consul causes on this instance. */
export type Decision =
  | { readonly act: "roll" }
  | { readonly act: "nothing" }
  | { readonly act: "ignore"; readonly why: string };

/**
 * Compares a deploy with the one that this instance knows. Waking up is not a change: only the
 * content decides. An older deploy, as from a restored snapshot, is ignored (docs/rules.md, rule 7:
 * older never overwrites newer).
 */
export function decide(state: ServiceState, desired: Deploy): Decision {
  const known = state.deploy;
  if (!known) return { act: "roll" };
  if (sameDeploy(known, desired)) return state.ended ? { act: "nothing" } : { act: "roll" };
  // In a new Consul revisions begin again, so neither revisions nor clocks are compared.
  if (isNewEpoch(state, known, desired)) return { act: "roll" };
  if (desired.epoch === known.epoch && desired.revision > known.revision) return { act: "roll" };
  // After a restore, revisions begin below the known one; a deploy made later is new all the same.
  if (Date.parse(desired.at) > Date.parse(known.at)) return { act: "roll" };
  return {
    act: "ignore",
    why: `revision ${desired.revision} of ${desired.at} is older than revision ${known.revision} of ${known.at}`,
  };
}

/** Whether a deploy belongs to an epoch that this instance never followed. */
const isNewEpoch = ({ formerEpochs = [] }: ServiceState, known: Deploy, { epoch }: Deploy) =>
  epoch !== undefined && epoch !== known.epoch && !formerEpochs.includes(epoch);

/** How many former epochs are remembered. Each one is a Consul that was lost and created again. */
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
