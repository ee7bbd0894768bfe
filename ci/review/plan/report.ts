import type { Change } from "./changes.ts";
import type { ChangedStack } from "./compare-stacks.ts";
import type { Drift } from "./drift.ts";

/** What came of planning one stack, in words that hold nothing secret. */
export type StackReport =
  | {
      readonly stack: string;
      readonly outcome: "planned";
      readonly changes: readonly Change[];
      /** What somebody changed behind Terraform's back; the plan takes it back. */
      readonly drift: readonly Drift[];
      /** Addresses that Terraform put off to a later plan. */
      readonly deferred: readonly string[];
    }
  | { readonly stack: string; readonly outcome: "failed"; readonly words: string }
  /** No workflow plans it; `why` says what to do. */
  | { readonly stack: string; readonly outcome: "left"; readonly why: string };

/** What the two synths of a pull request tell, without any credentials. */
export interface Comparison {
  readonly changed: readonly ChangedStack[];
  /** How many stacks are as they were. */
  readonly same: number;
  /** What the change does to the bill, by cluster; empty where nothing. */
  readonly cost: readonly string[];
  /** Stacks for a plan, and where it runs. */
  readonly plan: readonly { readonly stack: string; readonly runner: string | readonly string[] }[];
  /** Stacks that changed and that no workflow plans. */
  readonly left: readonly { readonly stack: string; readonly why: string }[];
}
