import type { Deploy, InstanceRollout, Rollout } from "./documents.ts";

/** What is known of a rollout at one moment: what is told of it to people. */
export interface RolloutView {
  readonly deploy: Deploy;
  readonly rollout: Rollout;
  /** Of the instances that have begun. */
  readonly reports: readonly InstanceRollout[];
  /** Instances that Consul's catalogue has for the service, also those that have not begun. */
  readonly registered: readonly string[];
  /** What ran everywhere before; undefined for a service's first deploy. */
  readonly good: Deploy | undefined;
}
