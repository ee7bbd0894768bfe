/** What can be done to a region while it deploys. */
export const faultNames = [
  "agent killed",
  "Consul away",
  "S3 away",
  "ruleset flushed",
  "power cut",
  "disk full",
] as const;
export type FaultName = (typeof faultNames)[number];

/** Whether a fault happens to the region's servers, and not to one of its instances. */
export const isRegional = (fault: FaultName) => fault === "Consul away" || fault === "S3 away";

/** One fault: when it begins after its deploy was announced, where, and for how long. */
export interface PlannedFault {
  readonly fault: FaultName;
  /** Means nothing for a regional one. */
  readonly instance: string;
  readonly afterMs: number;
  readonly forMs: number;
}

export interface PlannedDeploy {
  /** A release that never becomes healthy. */
  readonly isBad: boolean;
  readonly faults: readonly PlannedFault[];
}

/**
 * What a seed means: the same seed, number of deploys and instances give the same plan.
 *
 * A plan has a power cut or a full disk, not both: the disk that can be filled is made of memory.
 */
export function planChaos(
  seed: number,
  deploys: number,
  instances: readonly string[],
): PlannedDeploy[] {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const left: FaultName = random() < 0.5 ? "power cut" : "disk full";
  const repertoire = faultNames.filter((name) => name !== left);
  return Array.from({ length: deploys }, () => {
    const isBad = random() < 0.2;
    // One instance bears what an instance can bear, so that the other one can serve.
    const instance = instances[below(instances.length)] as string;
    const names = [...repertoire];
    const faults = Array.from({ length: 1 + below(3) }, (): PlannedFault => {
      const [fault] = names.splice(below(names.length), 1) as [FaultName];
      return { fault, instance, afterMs: below(4000), forMs: 500 + below(4500) };
    });
    return { isBad, faults: faults.sort((a, b) => a.afterMs - b.afterMs) };
  });
}

/** The plan in one line, for whoever wants to see a failure again. */
export function describePlan(plan: readonly PlannedDeploy[]): string {
  return plan
    .map(({ isBad, faults }, i) => {
      const each = faults.map(
        ({ fault, instance, afterMs, forMs }) =>
          `${fault}${isRegional(fault) ? "" : ` on ${instance}`} at ${afterMs} ms for ${forMs} ms`,
      );
      return `deploy ${i + 1}${isBad ? " (bad)" : ""}: ${each.join(", ")}`;
    })
    .join("; ");
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
