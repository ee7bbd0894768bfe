import type { Consul } from "../protocol/consul.ts";
import type { InstanceRollout } from "../protocol/documents.ts";
import { isLive, readDrains } from "../protocol/drains.ts";

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

/** Which instances ignore the deploy for a newer one, a line each deploy that they run. */
export function newerLines(service: string, instances: readonly InstanceRollout[]): string[] {
  const running = new Map<string, string[]>();
  for (const { instance, phase, runs } of instances) {
    if (phase !== "runs newer" || !runs) continue;
    const what = `revision ${runs.revision} of ${runs.at}, ${runs.release}`;
    running.set(what, [...(running.get(what) ?? []), instance]);
  }
  return [...running].map(
    ([what, names]) =>
      `${names.join(", ")} ${names.length > 1 ? "run" : "runs"} what is newer: ${what}. Consul was restored from an older snapshot; deploy what is meant: shoestring deploy ${service} RELEASE-ID`,
  );
}

/** What instances wait for in their roll, a line each thing. */
export function waitLines(instances: readonly InstanceRollout[]): string[] {
  const waiting = new Map<string, string[]>();
  for (const { instance, phase, waitsFor } of instances) {
    if (phase !== "waiting" || waitsFor === undefined) continue;
    waiting.set(waitsFor, [...(waiting.get(waitsFor) ?? []), instance]);
  }
  return [...waiting].map(
    ([what, names]) => `${names.join(", ")} ${names.length > 1 ? "wait" : "waits"} for ${what}`,
  );
}
