import { block, type Resource, text } from "./stack.ts";

/** A part of a stack before it is priced. */
export interface Item {
  /** Its name in the price table. */
  readonly what: string;
  readonly count: number;
  /** Its owner: the name of a group, a database or a load balancer. */
  readonly of: string;
  /** A remark for the reader. */
  readonly note?: string;
  /** Why it cannot be priced; then its count has no meaning. */
  readonly problem?: string;
  /** The purpose of machines and their disks. @default "other" */
  readonly purpose?: Purpose;
}

/** `service`: machines behind a load balancer. `consul`: Consul's servers. */
export type Purpose = "service" | "consul" | "other";

/** The name that people use for a resource. */
export function nameOf({ name, fields }: Resource): string {
  const { name: own, name_prefix, identifier, bucket, tags } = fields;
  const names = [own, name_prefix, identifier, bucket, block(tags).Name].flatMap(
    (it) => text(it) ?? [],
  );
  return names.find((it) => !it.includes("${"))?.replace(/-$/, "") ?? name;
}

export const unpriced = (what: string, of: string, problem: string): Item => ({
  what,
  count: 1,
  of,
  problem,
});
