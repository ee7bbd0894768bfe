import { block, type Resource, text } from "./stack.ts";

/** Something that a stack has, before it has a price. */
export interface Item {
  /** What the price table calls it. */
  readonly what: string;
  readonly count: number;
  /** Whose it is: the name of a group, a database, a load balancer. */
  readonly of: string;
  /** What a reader should know about this one. */
  readonly note?: string;
  /** Why it cannot be priced; its count means nothing then. */
  readonly problem?: string;
  /** Of machines and their disks: what they are there for. @default "other" */
  readonly purpose?: Purpose;
}

/** `service`: a load balancer sends them requests. `consul`: Consul's servers. */
export type Purpose = "service" | "consul" | "other";

/** What a resource is called by people. */
export function nameOf({ name, fields }: Resource): string {
  const { name: own, name_prefix, identifier, bucket, tags } = fields;
  const given = [own, name_prefix, identifier, bucket, block(tags).Name].flatMap(
    (it) => text(it) ?? [],
  );
  return given.find((it) => !it.includes("${"))?.replace(/-$/, "") ?? name;
}

export const unpriced = (what: string, of: string, problem: string): Item => ({
  what,
  count: 1,
  of,
  problem,
});
