import type { Consul } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import type { Deploy } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { beforeUnitName } from "../../protocol/units.ts";
import type { Clock, Log, OneShotUnit, Store } from "../core/effects.ts";
import type { LatestDeploy } from "../core/latest-deploy.ts";

/** Everything that runs the step before a release on this instance. */
export interface BeforeStepContext {
  readonly service: ServiceFile;
  readonly instance: string;
  readonly consul: Consul;
  readonly store: Pick<Store, "stageOneShot">;
  readonly before: OneShotUnit;
  readonly latestDeploy: LatestDeploy;
  readonly clock: Clock;
  readonly log: Log;
}

/** The step's command, for people. */
export const nameOf = ({ service }: BeforeStepContext): string =>
  service.before?.command.join(" ") ?? "";

export function beforeFailed(deps: BeforeStepContext, { release }: Deploy, error: string): Problem {
  const { service } = deps;
  return new Problem({
    happened: `the step before ${release.id} (${nameOf(deps)}) failed: ${error}`,
    unchanged: "no process of the release was started",
    next: `journalctl -u ${beforeUnitName(service.service)}`,
  });
}
