import { byAgent, nextDeploy } from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { times } from "../../protocol/restarts.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { sameDeploy } from "../core/decide.ts";

/** What follows a rollout that failed, written in one transaction with its end. */
export type RollbackDecision =
  | { readonly act: "nothing" }
  /** No way back is known: stop, hold, and say that a person is needed. */
  | { readonly act: "hold"; readonly reason: string }
  | { readonly act: "roll back"; readonly deploy: Deploy };

export interface Failure {
  readonly failed: Deploy;
  readonly reason: string;
  /** The deploy that `deploys/<service>` has now. */
  readonly standing: Deploy | undefined;
  readonly good: Deploy | undefined;
  /** How often processes of `good` were restarted by themselves while it served. */
  readonly goodRestarts: number;
}

/**
 * Goes back to `good`, and never twice. Also where it is the release that failed, as in a restart:
 * with the environment that it was good with.
 */
export function rollbackPolicy(
  { failed, reason, standing, good, goodRestarts }: Failure,
  { autoRollback }: ServiceFile,
  { instance, at }: { readonly instance: string; readonly at: Date },
): RollbackDecision {
  if (!autoRollback || !standing || !sameDeploy(failed, standing)) return { act: "nothing" };
  const hold = (why: string): RollbackDecision => ({
    act: "hold",
    reason: `a person is needed: ${failed.release.id} failed and ${why} (${reason})`,
  });
  if (failed.kind === "rollback") return hold("was itself a rollback");
  if (!good) return hold("nothing was good before");
  return {
    act: "roll back",
    deploy: nextDeploy(
      standing,
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

/** Said wherever the rollback is told: what it goes back to does not run through either. */
const doubts = ({ release }: Deploy, restarts: number) =>
  restarts > 0 ? [`${release.id} restarted ${times(restarts)} by itself before`] : [];
