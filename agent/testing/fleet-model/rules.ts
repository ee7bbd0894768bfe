import { decide } from "../../core/decide.ts";
import { admit, begun, chooseSlot } from "../../rollout/admission.ts";
import { nextRollout } from "../../rollout/next-phase.ts";
import { rollbackPolicy } from "../../rollout/rollback-policy.ts";

/** The agents' decisions: the real functions, or one with a planted mistake. */
export const rules = {
  decide,
  admit,
  chooseSlot,
  begun,
  nextRollout,
  rollbackPolicy,
  /** Whether a batch's transaction carries the fence of the slot. */
  provesSlot: true,
  /** Whether it carries the index of the rollout's document. */
  provesRollout: true,
  /** Whether a new instance starts the last known good release. */
  startsGood: true,
  /** Whether an automatic deploy is refused while the service is held. */
  refusesHeld: true,
  /** Whether it is written only over the deploy that was read before the hold was. */
  comparesDeploy: true,
  /** Whether a report of a failure changes the rollout's document as well. */
  countsFailures: true,
};
export type Rules = typeof rules;
