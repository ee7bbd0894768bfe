import type { Consul } from "../../lib/consul.ts";
import type { InstanceRollout } from "../../protocol/documents.ts";
import { isLive, readDrains } from "../../protocol/drains.ts";
import { awaitedBy } from "../../protocol/status.ts";

/** An instance that somebody took out, and when it comes back by itself. */
export interface Drained {
  readonly instance: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly until: string;
}

/** Which of these instances are drained at this time. */
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

/** What instances wait for in their roll, a line each thing. */
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
