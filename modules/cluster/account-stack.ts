import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Account } from "../account/index.ts";
import type { AccountSpec } from "./cluster.ts";

/** The stack `account`: what an AWS account has once. */
export class AccountStack extends TerraformStack {
  constructor(scope: Construct, spec: AccountSpec, clusters: readonly string[]) {
    super(scope, "account");
    new AwsProvider(this, "aws", {
      region: spec.region,
      allowedAccountIds: [spec.account],
      defaultTags: [{ tags: { "managed-by": "shoestring" } }],
    });
    new Account(this, "account", { ...spec, clusters });
  }
}
