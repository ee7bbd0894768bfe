import type { Consul } from "../../lib/consul.ts";
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
  const waiting = new Map<string, string[]>();
  for (const report of instances) {
    const awaited = awaitedBy(report);
    if (awaited === undefined) continue;
    waiting.set(awaited, [...(waiting.get(awaited) ?? []), report.instance]);
  }
  return [...waiting].map(
    ([what, names]) => `${names.join(", ")} ${names.length > 1 ? "wait" : "waits"} for ${what}`,
  );
}
