import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Account } from "../account/index.ts";
import { bucketName } from "../artifacts/names.ts";
import type { AccountSpec, Cluster } from "../spec/cluster.ts";

/** The stack `account`: the parts of an AWS account that exist once. */
export class AccountStack extends TerraformStack {
  constructor(scope: Construct, spec: AccountSpec, all: readonly Cluster[]) {
    super(scope, "account");
    new AwsProvider(this, "aws", {
      region: spec.region,
      allowedAccountIds: [spec.account],
      defaultTags: [{ tags: { "managed-by": "shoestring" } }],
    });
    const clusters = all.filter(({ account }) => account === spec.account);
    const regions = Object.fromEntries(clusters.map(({ name, region }) => [name, region]));
    const account = new Account(this, "account", { ...spec, clusters: regions });
    for (const { name, region, services } of clusters) {
      const bucket = bucketName({ cluster: name, account: spec.account, region });
      for (const [service, { repository }] of Object.entries(services)) {
        if (repository === undefined) continue;
        const bucketArn = `arn:aws:s3:::${bucket}`;
        account.deployRole({ service, cluster: name, repository, bucketArn });
      }
    }
  }
}
