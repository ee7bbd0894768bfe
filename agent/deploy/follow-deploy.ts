import { logOnChange } from "../../lib/log-on-change.ts";
import { describe } from "../../lib/problem.ts";
import { type Deploy, endedPhases } from "../../protocol/documents.ts";
import { decide } from "../core/decide.ts";
import { errorWatch } from "../health/watch-errors.ts";
import { raiseAlarm } from "../rollout/alarm.ts";
import { type FleetSnapshot, readRollout } from "../rollout/fleet-snapshot.ts";
import { reportNewer } from "../rollout/report-newer.ts";
import { watchRollout } from "../rollout/rollout-watcher.ts";
import type { DeployContext } from "./context.ts";

/** An instance's reactions to the current deploy, beside its roll. */
export interface FollowedDeploy {
  /**
   * Another deploy is current: it is desired and its rollout is watched, or, if it is older, that
   * is reported.
   */
  readonly begin: (deploy: Deploy) => void;
  /**
   * The same deploy is still current. Its reports may be gone: Consul was restored from a snapshot
   * of the middle of its rollout, or a person deleted them.
   */
  readonly goOn: (deploy: Deploy) => void;
}

export function followDeploy(
  deps: DeployContext,
  random: () => number,
  leaving: AbortSignal,
): FollowedDeploy {
  const { service, journal, latestDeploy, consul, log } = deps;
  const errors = errorWatch(deps);
  let watching = new AbortController();
  let reporting = new AbortController();
  let isWatched = false;
  const logUnread = logOnChange((error) => log("rollout.unwatched", { error }));
  leaving.addEventListener("abort", () => watching.abort());

  const watch = (deploy: Deploy) => {
    watching.abort();
    watching = new AbortController();
    const stop = watching.signal;
    const watched = { ...deps, look: (view: FleetSnapshot) => reportLostEnd(deps, view) };
    isWatched = true;
    const ended = watchRollout(watched, deploy, random, { stop, leaving })
      .catch((error: unknown) => log("rollout.unwatched", { error: describe(error) }))
      .finally(() => {
        if (!stop.aborted) isWatched = false;
      });
    void errors.during(ended);
  };
  const reportIgnored = (deploy: Deploy) => {
    reporting = new AbortController();
    const replaced = AbortSignal.any([reporting.signal, leaving]);
    void reportNewer(deps, deploy, replaced).then(async (isNews) => {
      if (isNews) await raiseAlarm(deps, deploy);
    });
  };
  const watchAgain = async (deploy: Deploy) => {
    const { rollout } = await readRollout(consul, deploy);
    if (rollout && endedPhases.includes(rollout.phase)) return;
    if (isWatched || latestDeploy.replaced(deploy).aborted) return;
    log("rollout.reopened", { service: service.service, revision: deploy.revision });
    latestDeploy.again(deploy); // reports its end here again
    watch(deploy);
  };

  return {
    begin(deploy) {
      const decision = decide(journal.current(), deploy);
      reporting.abort();
      if (decision.act === "ignore") {
        log("deploy.ignored", { service: service.service, ...decision });
        return reportIgnored(deploy);
      }
      log("deploy.read", { service: service.service, revision: deploy.revision, ...decision });
      watch(deploy);
      latestDeploy.put(deploy);
    },
    goOn(deploy) {
      const { act } = decide(journal.current(), deploy);
      reporting.abort();
      if (act === "ignore") reportIgnored(deploy);
      if (act !== "nothing" || isWatched) return;
      watchAgain(deploy).catch(logUnread);
    },
  };
}

/** Reports an end again that was written but can no longer be read: other instances wait for it. */
function reportLostEnd(
  { journal, latestDeploy, instance }: DeployContext,
  { deploy, reports }: FleetSnapshot,
): void {
  const isReported = reports.some(
    ({ report }) => report.instance === instance && report.endedAt !== undefined,
  );
  if (!isReported && decide(journal.current(), deploy).act === "nothing")
    latestDeploy.again(deploy);
}
