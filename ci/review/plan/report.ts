import type { Change } from "./changes.ts";
import type { ChangedStack } from "./compare-stacks.ts";
import type { Drift } from "./drift.ts";

/** The result of planning one stack, without secrets. */
export type StackReport =
  | {
      readonly stack: string;
      readonly outcome: "planned";
      readonly changes: readonly Change[];
      /** Changes that somebody made outside of Terraform; the plan reverts them. */
      readonly drift: readonly Drift[];
      /** Addresses that Terraform deferred to a later plan. */
      readonly deferred: readonly string[];
    }
  | { readonly stack: string; readonly outcome: "failed"; readonly words: string }
  /** No workflow plans it; `why` names the next step. */
  | { readonly stack: string; readonly outcome: "left"; readonly why: string };

/** The comparison of a pull request's two synths, which needs no credentials. */
export interface Comparison {
  readonly changed: readonly ChangedStack[];
  /** Number of unchanged stacks. */
  readonly same: number;
  /** The effect of the change on the bill, by cluster; empty without an effect. */
  readonly cost: readonly string[];
  /** Stacks to plan, and their runners. */
  readonly plan: readonly { readonly stack: string; readonly runner: string | readonly string[] }[];
  /** Stacks that changed and that no workflow plans. */
  readonly left: readonly { readonly stack: string; readonly why: string }[];
}
