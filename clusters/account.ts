import type { AccountSpec } from "../modules/spec/cluster.ts";

/** The AWS account of all clusters. `npx shoestring bootstrap` applies it first: it makes the bucket of states. */
export const account = {
  account: "111111111111",
  region: "eu-central-1",
  repository: "example/infrastructure",
  monthlyBudgetUsd: 2000,
  budgetEmails: ["finance@example.org"],
} as const satisfies AccountSpec;
