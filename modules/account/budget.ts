import { BudgetsBudget } from "@cdktf/provider-aws/lib/budgets-budget/index.js";
import type { Construct } from "constructs";

export interface BudgetProps {
  readonly name: string;
  readonly monthlyUsd: number;
  readonly emails: readonly string[];
}

/** Sends emails when the month's budget is nearly used up, is used up, or will be. */
export function budget(scope: Construct, { name, monthlyUsd, emails }: BudgetProps): void {
  const notify = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
    notificationType,
    threshold,
    thresholdType: "PERCENTAGE",
    comparisonOperator: "GREATER_THAN",
    subscriberEmailAddresses: [...emails],
  });
  new BudgetsBudget(scope, "budget", {
    name,
    budgetType: "COST",
    timeUnit: "MONTHLY",
    limitAmount: String(monthlyUsd),
    limitUnit: "USD",
    notification: [notify("ACTUAL", 80), notify("ACTUAL", 100), notify("FORECASTED", 100)],
  });
}
