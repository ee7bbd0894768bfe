import { seededRandom } from "../../lib/seeded-random.ts";

/** The faults that can happen to a region while it deploys, each with its subject. */
const subjects = {
  "agent killed": "an instance",
  "half the agents killed": "half the instances",
  "half the agents without Consul": "half the instances",
  "clocks set": "half the instances",
  "Consul away": "Consul",
  "Consul's leader killed": "Consul",
  "snapshot restored": "Consul",
  "S3 away": "S3",
  "S3 slow, then 503": "S3",
  "ruleset flushed": "an instance",
  "power cut": "an instance",
  "disk full": "an instance",
  "an instance joins": "the region",
} as const;
export type FaultName = keyof typeof subjects;
export const faultNames = Object.keys(subjects) as FaultName[];

/**
 * The subject of a fault. Two faults of one subject happen one after the other, as do those of an
 * instance and of half the instances. One of the region happens when all others are over.
 */
export const subjectOf = (fault: FaultName) => subjects[fault];

/** These occur at most once in a plan, because each makes the region a little larger. */
const once: ReadonlySet<FaultName> = new Set(["an instance joins"]);

/** One fault, with its begin after the deploy was announced, its place and its duration. */
export interface PlannedFault {
  readonly fault: FaultName;
  /** Empty for a fault of the region's servers. */
  readonly instances: readonly string[];
  readonly afterMs: number;
  readonly forMs: number;
}

export interface PlannedDeploy {
  /** A release that never becomes healthy. */
  readonly isBad: boolean;
  readonly faults: readonly PlannedFault[];
}

/** A plan's parameters: the same ones give the same plan. */
export interface Chaos {
  readonly seed: number;
  readonly deploys: number;
  readonly instances: readonly string[];
  /** The longest duration of a fault. */
  readonly longestMs: number;
}

const shortestMs = 500;

/** A plan has a power cut or a full disk, not both: the disk that can be filled is in memory. */
export function planChaos({ seed, deploys, instances, longestMs }: Chaos): PlannedDeploy[] {
  const { below, chance } = seededRandom(seed);
  const left: FaultName = chance(0.5) ? "power cut" : "disk full";
  const repertoire = new Set(faultNames.filter((name) => name !== left));
  return Array.from({ length: deploys }, () => {
    const isBad = chance(0.2);
    // All faults of an instance hit the same one, so that the others can serve.
    const first = below(instances.length);
    const from = (count: number) =>
      Array.from({ length: count }, (_, i) => instances[(first + i) % instances.length] as string);
    const places = {
      "an instance": from(1),
      "half the instances": from(Math.ceil(instances.length / 2)),
    };
    const names = [...repertoire];
    const faults = Array.from({ length: 1 + below(3) }, (): PlannedFault => {
      const [fault] = names.splice(below(names.length), 1) as [FaultName];
      if (once.has(fault)) repertoire.delete(fault);
      const subject = subjectOf(fault);
      return {
        fault,
        instances: subject in places ? places[subject as keyof typeof places] : [],
        afterMs: below(4000),
        forMs: shortestMs + below(longestMs - shortestMs),
      };
    });
    return { isBad, faults: faults.sort((a, b) => a.afterMs - b.afterMs) };
  });
}

/** The plan in one line, with which a failure can be repeated. */
export function describePlan(plan: readonly PlannedDeploy[]): string {
  return plan
    .map(({ isBad, faults }, i) => {
      const each = faults.map(({ fault, instances, afterMs, forMs }) => {
        const where = instances.length > 0 ? ` on ${instances.join(" ")}` : "";
        return `${fault}${where} at ${afterMs} ms for ${forMs} ms`;
      });
      return `deploy ${i + 1}${isBad ? " (bad)" : ""}: ${each.join(", ")}`;
    })
    .join("; ");
}
