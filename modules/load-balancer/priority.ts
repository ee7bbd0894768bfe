import { createHash } from "node:crypto";
import { wildcards } from "./pattern.ts";

/** Priorities that a person may choose. They come before all derived ones: a lower number wins. */
export const manualPriority = { least: 1, most: 999 } as const;

const derived = { least: 1000, most: 49_999 } as const;
const grades = 4;
const perGrade = (derived.most + 1 - derived.least) / grades;

/** The requests that a rule matches. */
export interface Match {
  readonly hosts: readonly string[];
  /** Every path, when there is none. */
  readonly paths: readonly string[];
}

/**
 * How wide a rule is, from 0 to 3: a full host comes before a host with wildcards, and for each,
 * some paths before all. So `/api/*` of one service is evaluated before the rest of its host,
 * whatever the services' names.
 */
export function grade({ hosts, paths }: Match): number {
  const someHost = hosts.some((host) => wildcards(host) > 0) ? 2 : 0;
  const everyPath = paths.length === 0 || paths.includes("/*") || paths.includes("*") ? 1 : 0;
  return someHost + everyPath;
}

/**
 * The place of a rule on the load balancer: within its grade derived from its name alone, so that
 * no rule moves when another is added or removed.
 */
export function priority(name: string, match: Match): number {
  const hash = createHash("sha256").update(name).digest().readUInt32BE();
  return derived.least + grade(match) * perGrade + (hash % perGrade);
}
