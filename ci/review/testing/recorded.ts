import { readFileSync } from "node:fs";
import { join } from "node:path";
import { changesOf } from "../plan/changes.ts";
import {
  type PlanJson,
  parsePlan,
  type ResourceChange,
  type ValueChange,
} from "../plan/plan-json.ts";
import type { Comparison, StackReport } from "../plan/report.ts";

/** A plan that the real terraform made; see record-plans.ts. */
export const recorded = (name: "first" | "empty" | "everything" | "drift"): PlanJson =>
  parsePlan(readFileSync(join(import.meta.dirname, "plans", `${name}.json`), "utf8"));

export const planned = (stack: string, changes = changesOf(recorded("everything"))) =>
  ({ stack, outcome: "planned", changes, drift: [], deferred: [] }) satisfies StackReport;

export const aComparison = (differs: Partial<Comparison> = {}): Comparison => ({
  changed: [
    { stack: "staging", how: "changed", added: [], changed: ["a.b"], removed: [], parts: [] },
  ],
  same: 3,
  cost: [],
  plan: [{ stack: "staging", runner: "ubuntu-24.04" }],
  left: [],
  ...differs,
});

/** A change that only a test makes, of a form that Terraform has. */
export const aChange = (
  change: ValueChange & Partial<ResourceChange["change"]>,
  differs: Partial<ResourceChange> = {},
): PlanJson => ({
  format_version: "1.2",
  resource_changes: [
    { address: "aws_vpc.a", mode: "managed", type: "aws_vpc", change, ...differs },
  ],
});
