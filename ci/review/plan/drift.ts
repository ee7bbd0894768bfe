import { type AttributeChange, attributeChanges } from "./attributes.ts";
import type { PlanJson, ResourceChange } from "./plan-json.ts";
import type { StackConfig } from "./stack-contents.ts";

/** An object that changed since Terraform left it. */
export interface Drift {
  readonly address: string;
  readonly isGone: boolean;
  readonly attributes: readonly AttributeChange[];
}

/**
 * The changes that somebody made outside of Terraform. Changes that the stack ignores
 * (`lifecycle.ignore_changes`) do not count: a group's desired capacity follows the load.
 */
export function driftOf({ resource_drift = [] }: PlanJson, config: StackConfig): Drift[] {
  return resource_drift.flatMap((it): Drift[] => {
    const { actions } = it.change;
    // The plan itself has the moves.
    if (it.mode === "data" || actions.join() === "no-op") return [];
    if (actions.includes("delete")) {
      return [{ address: it.address, isGone: true, attributes: [] }];
    }
    const ignored = ignoredOf(it, config);
    const attributes = attributeChanges(it.change).filter(
      ({ path }) => !ignored.includes("all") && !ignored.includes(/^[^.[]+/.exec(path)?.[0] ?? ""),
    );
    return attributes.length === 0 ? [] : [{ address: it.address, isGone: false, attributes }];
  });
}

/** Attributes at the top of a resource whose changes it ignores; `all` for every one. */
function ignoredOf({ address, type }: ResourceChange, { resource }: StackConfig) {
  const name = address.replace(/\[.*$/, "").slice(type.length + 1);
  const block = resource?.[type]?.[name] as
    | { readonly lifecycle?: { readonly ignore_changes?: string | readonly string[] } }
    | undefined;
  const ignored = block?.lifecycle?.ignore_changes ?? [];
  return typeof ignored === "string" ? [ignored] : ignored.map((it) => it.replace(/[.[].*$/, ""));
}
