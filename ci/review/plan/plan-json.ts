import { Problem } from "../../../lib/problem.ts";

/**
 * What of `terraform show -json <plan>` is read here.
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
export interface PlanJson {
  readonly format_version: string;
  /** Terraform's version that planned. */
  readonly terraform_version?: string;
  readonly errored?: boolean;
  /** False where something was put off to a later plan. */
  readonly complete?: boolean;
  readonly resource_changes?: readonly ResourceChange[];
  /** What was found otherwise than the state has it. */
  readonly resource_drift?: readonly ResourceChange[];
  readonly deferred_changes?: readonly DeferredChange[];
  readonly output_changes?: Readonly<Record<string, ValueChange>>;
}

export interface ResourceChange {
  readonly address: string;
  /** Where it was before a `moved` block. */
  readonly previous_address?: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  /** Key of an object that a failed replacement left behind. */
  readonly deposed?: string;
  /** Why, in Terraform's own word, like `replace_because_tainted`. */
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
  /** The form of `after`, with `true` where only an apply will tell. */
  readonly after_unknown?: unknown;
  /** The form of `before`, with `true` where nobody may see it. */
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
}

export interface DeferredChange {
  readonly reason: string;
  readonly resource_change: ResourceChange;
}

/** @throws Problem for a format that is not understood: a guess could hide a destroy. */
export function parsePlan(text: string): PlanJson {
  const plan = JSON.parse(text) as PlanJson;
  if (/^1\./.test(plan.format_version)) return plan;
  throw new Problem({
    happened: `the plan's format is ${plan.format_version}, and only 1.x is understood`,
    unchanged: "nothing was applied",
    next: "use the terraform of tools/terraform.ts, or teach ci/review/plan/plan-json.ts the format",
  });
}
