import { createHash } from "node:crypto";
import { wildcards } from "./pattern.ts";

/** Priorities that a person may give. They stand before all derived ones: a lower number wins. */
export const given = { least: 1, most: 999 } as const;

const derived = { least: 1000, most: 49_999 } as const;
const grades = 4;
const perGrade = (derived.most + 1 - derived.least) / grades;

/** What a rule matches. */
export interface Match {
  readonly hosts: readonly string[];
  /** Every path, when there is none. */
  readonly paths: readonly string[];
}

/**
 * How wide a rule reaches, from 0 to 3: a host in full before a host with wildcards, and for each,
 * some paths before all. So `/api/*` of one service is asked before the rest of its host, whatever
 * both are called.
 */
export function grade({ hosts, paths }: Match): number {
  const someHost = hosts.some((host) => wildcards(host) > 0) ? 2 : 0;
  const everyPath = paths.length === 0 || paths.includes("/*") || paths.includes("*") ? 1 : 0;
  return someHost + everyPath;
}

/**
 * The place of a rule among the load balancer's: within its grade decided by its name alone, so that
 * no rule moves when another comes or goes.
 */
export function priority(name: string, match: Match): number {
  const hash = createHash("sha256").update(name).digest().readUInt32BE();
  return derived.least + grade(match) * perGrade + (hash % perGrade);
}
