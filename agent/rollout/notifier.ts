import type { Deploy, Rollout } from "../../protocol/documents.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import type { FleetView } from "./fleet-snapshot.ts";

/** Where the story of a rollout is told. */
export interface Observer {
  /** Shows the newest view soon. Never throws and never waits: a rollout does not depend on it. */
  show(view: RolloutView): void;
  /** Resolves when what was shown last has been told, or given up. */
  settled(): Promise<void>;
}

/** What observers are shown of the fleet. */
export const shownView = (
  { deploy, reports, instances }: FleetView,
  rollout: Rollout,
  good: Deploy | undefined,
): RolloutView => ({
  deploy,
  rollout,
  reports: reports.map(({ report }) => report),
  registered: instances.map(({ name }) => name),
  good,
});
