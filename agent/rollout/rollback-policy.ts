import { byAgent, nextDeploy } from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { times } from "../../protocol/restarts.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { sameDeploy } from "../core/decide.ts";

/** The reaction to a failed rollout, written in one transaction with its end. */
export type RollbackDecision =
  | { readonly act: "nothing" }
  /** Nothing to roll back to is known: stop, hold, and call a person. */
  | { readonly act: "hold"; readonly reason: string }
  | { readonly act: "roll back"; readonly deploy: Deploy };

export interface Failure {
  readonly failed: Deploy;
  readonly reason: string;
  /** The deploy in `deploys/<service>` now. */
  readonly current: Deploy | undefined;
  readonly good: Deploy | undefined;
  /** How often processes of `good` restarted by themselves while it served. */
  readonly goodRestarts: number;
}

/**
 * Rolls back to `good`, and never twice. If `good` is the release that failed, as in a restart, it
 * rolls back to the environment that was good with it.
 */
export function rollbackPolicy(
  { failed, reason, current, good, goodRestarts }: Failure,
  { autoRollback }: ServiceFile,
  { instance, at }: { readonly instance: string; readonly at: Date },
): RollbackDecision {
  if (!autoRollback || !current || !sameDeploy(failed, current)) return { act: "nothing" };
  const hold = (why: string): RollbackDecision => ({
    act: "hold",
    reason: `a person is needed: ${failed.release.id} failed and ${why} (${reason})`,
  });
  if (failed.kind === "rollback") return hold("was itself a rollback");
  if (!good) return hold("nothing was good before");
  return {
    act: "roll back",
    deploy: nextDeploy(
      current,
      {
        service: failed.service,
        kind: "rollback",
        release: good.release,
        reason: [`${failed.release.id} failed: ${reason}`, ...doubts(good, goodRestarts)].join(
          "; ",
        ),
        by: byAgent(instance),
        ...(failed.traceparent === undefined ? {} : { traceparent: failed.traceparent }),
      },
      at,
    ),
  };
}

/** Appended wherever the rollback is shown: its target does not run smoothly either. */
const doubts = ({ release }: Deploy, restarts: number) =>
  restarts > 0 ? [`${release.id} restarted ${times(restarts)} by itself before`] : [];
