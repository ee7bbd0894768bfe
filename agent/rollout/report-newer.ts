import type { Consul } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import {
  type Deploy,
  formatDocument,
  InstanceRollout,
  type ProcessReport,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { parseReport } from "../../protocol/status.ts";
import { orElse } from "../../protocol/unusable.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { Journal } from "../core/state.ts";

const retryMs = 5000;

export interface ReportNewerContext {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
  readonly instance: string;
  readonly journal: Journal;
}

/**
 * Reports that this instance ignores a deploy because it runs a newer one: KV was restored from an
 * older snapshot, and no other agent can know. Retries until the report is written, or another
 * deploy is current.
 *
 * @returns whether this is news. Never rejects.
 */
export async function reportNewer(
  deps: ReportNewerContext,
  ignored: Deploy,
  stop: AbortSignal,
): Promise<boolean> {
  const { consul, clock, log, instance } = deps;
  const { service, revision } = ignored;
  const key = keys.rolloutInstance(service, revision, instance);
  // Without a bound, unlike other compare-and-swaps: nobody else knows what this instance runs.
  while (!stop.aborted) {
    try {
      const { found } = await consul.get(key);
      const read = () => found && parseReport(service, revision, found);
      const report = newerReport(deps, ignored);
      if (!report || orElse(read, () => undefined)?.runs?.at === report.runs?.at) return false;
      const value = formatDocument(InstanceRollout, key, report);
      if (await consul.write([{ verb: "cas", key, value, index: found?.modifyIndex ?? 0 }]))
        return true;
    } catch (error) {
      log("newer.unsent", { service, error: describe(error) });
    }
    await clock.sleep(retryMs);
  }
  return false;
}

function newerReport(
  { clock, instance, journal }: ReportNewerContext,
  { service, revision }: Deploy,
): InstanceRollout | undefined {
  const { deploy, serving } = journal.current();
  if (!deploy) return undefined;
  const processes = Object.entries(serving).map(([n, { release }]): [string, ProcessReport] => [
    n,
    { release, phase: "serving", since: deploy.at },
  ]);
  return {
    ...{
      schema: schemaVersion,
      instance,
      service,
      revision,
      phase: "runs newer",
      connectionsCut: 0,
    },
    seenAt: clock.now().toISOString(),
    processes: Object.fromEntries(processes),
    runs: { revision: deploy.revision, release: deploy.release.id, at: deploy.at },
  };
}
