import type { Deploy, InstanceRollout, Rollout } from "../../protocol/documents.ts";

/** What is known of a rollout at one moment: what its coordinator shows to people. */
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

/** Where the story of a rollout is told. */
export interface Observer {
  /** Shows the newest view soon. Never throws and never waits: a rollout does not depend on it. */
  show(view: RolloutView): void;
  /** Resolves when what was shown last has been told, or given up. */
  settled(): Promise<void>;
}
