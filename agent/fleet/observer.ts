import type { RolloutView } from "../../protocol/rollout-view.ts";

/** Where the story of a rollout is told. */
export interface Observer {
  /** Shows the newest view soon. Never throws and never waits: a rollout does not depend on it. */
  show(view: RolloutView): void;
  /** Resolves when what was shown last has been told, or given up. */
  settled(): Promise<void>;
}
