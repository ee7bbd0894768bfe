import type { OneShotUnit, RequestLog } from "../core/effects.ts";
import type { LatestDeploy } from "../core/latest-deploy.ts";
import type { ServiceHealth } from "../health/service-health.ts";
import type { Context } from "../roll/context.ts";
import type { Progress } from "../roll/progress.ts";
import type { CoordinatorLockContext } from "../rollout/coordinator-lock.ts";
import type { RolloutNotifier } from "../rollout/notifier.ts";
import type { StatusWriter } from "../rollout/status-writer.ts";
import type { Tracing } from "../trace/tracing.ts";
import type { PrepareContext } from "./prepare.ts";

/** Everything that applies a service's deploys on this instance. */
export interface DeployContext
  extends PrepareContext,
    CoordinatorLockContext,
    Omit<Context, keyof Progress> {
  readonly health: ServiceHealth;
  readonly requests: RequestLog;
  readonly before: OneShotUnit;
  readonly statusWriter: StatusWriter;
  readonly latestDeploy: LatestDeploy;
  readonly tracing: Tracing;
  /** Between 0 and 1; spreads the retries of many agents. @default Math.random */
  readonly random?: () => number;
  /** Notified of each change of a rollout that this agent coordinates. */
  readonly notifiers: readonly RolloutNotifier[];
}
