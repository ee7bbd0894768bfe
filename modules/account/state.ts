import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3Backend, type TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { PrivateBucket } from "../private-bucket/index.ts";
import { type AccountIdentity, accountNames, stateKey } from "./names.ts";

/** Stores every stack's state; old versions stay for a while, the newest thirty in any case. */
export function stateBucket(scope: Construct, identity: AccountIdentity): PrivateBucket {
  const { stateBucket: name } = accountNames(identity);
  const bucket = new PrivateBucket(scope, "state", { name, preventDestroy: true });
  new S3BucketLifecycleConfiguration(scope, "state-lifecycle", {
    bucket: bucket.name,
    rule: [
      {
        id: "old-versions",
        status: "Enabled",
        filter: [{ prefix: "" }],
        noncurrentVersionExpiration: [{ noncurrentDays: 90, newerNoncurrentVersions: 30 }],
        // Every lock that is released leaves one.
        expiration: [{ expiredObjectDeleteMarker: true }],
        abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
      },
    ],
    dependsOn: [bucket.versioning],
  });
  return bucket;
}

/** Stores a stack's state in the account's bucket, with the lock beside it. */
export function keepState(stack: TerraformStack, identity: AccountIdentity): void {
  const backend = new S3Backend(stack, {
    bucket: accountNames(identity).stateBucket,
    key: stateKey(stack.node.id),
    region: identity.region,
    encrypt: true,
  });
  // Missing from this cdktf's types: a lock object that S3 writes only where there is none.
  backend.addOverride("use_lockfile", true);
}
