import type { Deploy, InstanceRollout, Rollout } from "./documents.ts";

/** A rollout at one moment, as notifiers show it to people. */
export interface RolloutView {
  readonly deploy: Deploy;
  readonly rollout: Rollout;
  /** Reports of the instances that have begun. */
  readonly reports: readonly InstanceRollout[];
  /** Instances of the service in Consul's catalogue, including those that have not begun. */
  readonly registered: readonly string[];
  /** The release that ran everywhere before; undefined for a service's first deploy. */
  readonly good: Deploy | undefined;
}
