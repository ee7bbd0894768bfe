import { Problem } from "../../../lib/problem.ts";

/**
 * The fields of `terraform show -json <plan>` that are read here.
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
export interface PlanJson {
  readonly format_version: string;
  /** The version of Terraform that planned. */
  readonly terraform_version?: string;
  readonly errored?: boolean;
  /** False if something was deferred to a later plan. */
  readonly complete?: boolean;
  readonly resource_changes?: readonly ResourceChange[];
  /** The objects that differ from the state. */
  readonly resource_drift?: readonly ResourceChange[];
  readonly deferred_changes?: readonly DeferredChange[];
  readonly output_changes?: Readonly<Record<string, ValueChange>>;
}

export interface ResourceChange {
  readonly address: string;
  /** Its address before a `moved` block. */
  readonly previous_address?: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  /** Key of an object that a failed replacement left behind. */
  readonly deposed?: string;
  /** Terraform's word for the reason, like `replace_because_tainted`. */
  readonly action_reason?: string;
  readonly change: ValueChange & {
    /** Attributes that force the replacement. */
    readonly replace_paths?: readonly (readonly (string | number)[])[];
    readonly importing?: { readonly id?: string };
  };
}

export interface ValueChange {
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  /** The form of `after`, with `true` for values that are known after apply. */
  readonly after_unknown?: unknown;
  /** The form of `before`, with `true` for sensitive values. */
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
}

export interface DeferredChange {
  readonly reason: string;
  readonly resource_change: ResourceChange;
}

/** @throws Problem for an unknown format: a guess could hide a destroy. */
export function parsePlan(text: string): PlanJson {
  const plan = JSON.parse(text) as PlanJson;
  if (/^1\./.test(plan.format_version)) return plan;
  throw new Problem({
    happened: `the plan's format is ${plan.format_version}, and only 1.x is understood`,
    unchanged: "nothing was applied",
    next: "use the terraform of tools/terraform.ts, or teach ci/review/plan/plan-json.ts the format",
  });
}
