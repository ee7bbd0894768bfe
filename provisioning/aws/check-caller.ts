import { Problem } from "../../lib/problem.ts";
import type { Caller } from "./account-reader.ts";

/** @throws Problem where the credentials are those of another account. */
export function checkCaller({ account, arn }: Caller, expected: string): void {
  if (account === expected) return;
  throw new Problem({
    happened: `these credentials are ${arn}, of the account ${account}; clusters/account.ts says ${expected}`,
    unchanged: "nothing was planned or applied",
    next: "sign in to that account (aws sts get-caller-identity says who you are), or correct clusters/account.ts",
  });
}
