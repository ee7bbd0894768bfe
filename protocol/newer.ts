import { groupBy } from "../lib/group-by.ts";
import type { InstanceRollout } from "./documents.ts";

/**
 * Reports of instances that ignore the deploy because they run a newer one: KV was restored from an
 * older snapshot.
 */
export const newerIn = (reports: readonly InstanceRollout[]): readonly InstanceRollout[] =>
  reports.filter(({ phase, runs }) => phase === "runs newer" && runs !== undefined);

/** The same for people, one line for each deploy that they run. */
export function newerLines(service: string, reports: readonly InstanceRollout[]): string[] {
  const byDeploy = groupBy(
    newerIn(reports),
    ({ runs }) => `revision ${runs?.revision} of ${runs?.at}, ${runs?.release}`,
  );
  return [...byDeploy].map(
    ([what, running]) =>
      `${running.map(({ instance }) => instance).join(", ")} ${running.length > 1 ? "run" : "runs"} what is newer: ${what}. Consul was restored from an older snapshot; deploy what is meant: shoestring deploy ${service} RELEASE-ID`,
  );
}
