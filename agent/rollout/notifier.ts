import type { Deploy, Rollout } from "../../protocol/documents.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import type { FleetSnapshot } from "./fleet-snapshot.ts";

/** Shows people how a rollout goes on, for example in Slack. */
export interface RolloutNotifier {
  /** Shows the newest view soon. Never throws and never waits: a rollout does not depend on it. */
  show(view: RolloutView): void;
  /** Resolves when people have been notified of what was shown last, or the notifier gave up. */
  settled(): Promise<void>;
}

/** The view of the fleet that notifiers get. */
export const rolloutViewOf = (
  { deploy, reports, instances }: FleetSnapshot,
  rollout: Rollout,
  good: Deploy | undefined,
): RolloutView => ({
  deploy,
  rollout,
  reports: reports.map(({ report }) => report),
  registered: instances.map(({ name }) => name),
  good,
});
