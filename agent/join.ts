import type { Deploy } from "../protocol/documents.ts";
import { describe } from "../protocol/problem.ts";
import type { Carrying } from "./carry-out.ts";
import { sameDeploy } from "./decide.ts";
import type { RollReport } from "./fleet/report.ts";
import { readGood } from "./fleet/rollout.ts";
import { noHealth } from "./health/health.ts";
import { prepare } from "./prepare.ts";
import { rollInstance } from "./roll/roll.ts";
import { Superseded, withConsul } from "./with-consul.ts";

const shortestRetryMs = 2000;
const longestRetryMs = 60_000;

/**
 * Starts what is good on an instance that never served (rule 10). It needs no slot: it is in no
 * rotation yet. What fails is tried again, for as long as the deploy stands.
 *
 * @returns `joined` when something else than what is good is being rolled out; `nothing` when
 * the instance takes part like any other: it runs the deploy itself, or nothing was ever good.
 */
export async function startGood(
  on: Carrying,
  deploy: Deploy,
  report: RollReport,
): Promise<"nothing" | "joined" | "superseded"> {
  const { consul, service, journal, clock, log } = on;
  const { process: tell, took, addCut: countCut } = report;
  // It is good: a process that restarts meanwhile does not keep the instance from serving.
  const context = { ...on, tell, took, countCut, health: noHealth };
  let retryMs = shortestRetryMs;
  for (;;) {
    try {
      const good = await withConsul(on, deploy, () => readGood(consul, service.service));
      if (!good) return "nothing";
      const joined = !sameDeploy(good, deploy);
      if (joined) report.instance({ phase: "waiting", joined, waitsFor: "its start" });
      const target = await withConsul(on, deploy, () => prepare(on, journal.current(), good));
      await rollInstance(
        context,
        target,
        async () => "go on",
        () => {},
      );
      log("joined", { service: service.service, release: good.release.id });
      return joined ? "joined" : "nothing";
    } catch (error) {
      if (error instanceof Superseded || on.wishes.replaced(deploy).aborted) return "superseded";
      log("join.failed", { service: service.service, error: describe(error) });
      await clock.sleep(retryMs);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }
}
