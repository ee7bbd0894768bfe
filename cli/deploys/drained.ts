import type { Consul } from "../../lib/consul.ts";
import { groupBy } from "../../lib/group-by.ts";
import type { InstanceRollout } from "../../protocol/documents.ts";
import { isLive, readDrains } from "../../protocol/drains.ts";
import { awaitedBy } from "../../protocol/status.ts";

/** A drained instance, and when its drain ends. */
export interface Drained {
  readonly instance: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly until: string;
}

/** Finds which of these instances are drained at this time. */
export async function readDrained(
  consul: Consul,
  registered: readonly string[],
  now: Date,
): Promise<Drained[]> {
  return (await readDrains(consul))
    .filter((it) => isLive(it.drain, now) && registered.includes(it.instance))
    .map(({ instance, drain: { by, reason, at, until } }) => ({
      ...{ instance, by, reason, at, until },
    }));
}

export const drainedLine = ({ instance, by, reason, until }: Omit<Drained, "at">) =>
  `${instance} is drained by ${by} until ${until}: ${reason}`;

/** The reasons why instances wait in their roll, one line each. */
export function waitLines(instances: readonly InstanceRollout[]): string[] {
  const waiting = instances.filter((report) => awaitedBy(report) !== undefined);
  return [...groupBy(waiting, awaitedBy)].map(([what, reports]) => {
    const names = reports.map(({ instance }) => instance);
    return `${names.join(", ")} ${names.length > 1 ? "wait" : "waits"} for ${what}`;
  });
}
