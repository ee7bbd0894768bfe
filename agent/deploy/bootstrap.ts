import { orAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import { describe } from "../../lib/problem.ts";
import type { Deploy, DocumentUnusable } from "../../protocol/documents.ts";
import { waitsFor } from "../../protocol/unusable.ts";
import { sameDeploy } from "../core/decide.ts";
import type { Place } from "../core/effects.ts";
import { retryUntilAvailable, Superseded } from "../core/retry-until-available.ts";
import { whileLatest } from "../core/while-latest.ts";
import { rollInstance } from "../roll/roll.ts";
import { readGood } from "../rollout/commit-transition.ts";
import type { RollStatus } from "../rollout/roll-status.ts";
import type { DeployContext } from "./context.ts";
import { prepare } from "./prepare.ts";

const retryWaits = { shortestMs: 2000, longestMs: 60_000 };

/**
 * Starts the last known good release on an instance that never served (rule 10 of docs/rules.md).
 * It needs no slot, because it is not yet in rotation. It retries every failure while the deploy is
 * current.
 *
 * @returns `joined` while a release other than the good one is being rolled out; `nothing` when the
 * instance takes part like any other: it runs the deploy itself, or nothing was ever good.
 */
export async function bootstrap(
  deps: DeployContext,
  deploy: Deploy,
  report: RollStatus,
): Promise<"nothing" | "joined" | "superseded"> {
  const { consul, service, journal, health, clock, log } = deps;
  // The release is good: a process that restarts meanwhile must not keep the instance from serving.
  const context = {
    ...deps,
    ...report.progress,
    health: {
      faultOf: async () => undefined,
      endOf: (place: Place, since?: number) => health.endOf(place, since),
    },
  };
  const again = backoff(retryWaits, deps.random ?? Math.random);
  const reportUnusable = (error: DocumentUnusable) =>
    void report.instance({ waitsFor: waitsFor(error) });
  for (;;) {
    try {
      const read = () => readGood(consul, service.service);
      const good = await retryUntilAvailable(deps, deploy, read, reportUnusable);
      if (!good) return "nothing";
      const lateJoiner = !sameDeploy(good, deploy);
      if (lateJoiner) report.instance({ phase: "waiting", lateJoiner, waitsFor: "its start" });
      const target = await whileLatest(deps, deploy, (stop) =>
        retryUntilAvailable(
          deps,
          deploy,
          () => prepare(deps, journal.current(), good, stop),
          reportUnusable,
        ),
      );
      const end = await rollInstance(
        context,
        target,
        async () => "go on",
        () => {},
        { mayBootAhead: async () => true, replaced: deps.latestDeploy.replaced(deploy) },
      );
      if (end === "superseded") return "superseded";
      log("joined", { service: service.service, release: good.release.id });
      return lateJoiner ? "joined" : "nothing";
    } catch (error) {
      const replaced = deps.latestDeploy.replaced(deploy);
      if (error instanceof Superseded || replaced.aborted) return "superseded";
      log("join.failed", { service: service.service, error: describe(error) });
      await orAborted(clock.sleep(again.nextMs()), replaced);
    }
  }
}
