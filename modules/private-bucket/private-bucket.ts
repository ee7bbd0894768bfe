import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { Construct } from "constructs";
import type { Statement } from "../iam/index.ts";
import { check, rule } from "../shared/check.ts";
import { onlyOverTls } from "./only-over-tls.ts";

export interface PrivateBucketProps {
  /** The bucket's name, unique in the whole world, 3 to 63 characters. */
  readonly name: string;
  /** Whether Terraform may neither destroy nor replace it. @default false */
  readonly preventDestroy?: boolean;
  /** Returns more statements of the bucket policy, for the bucket's ARN. @default none */
  readonly statements?: (bucketArn: string) => readonly Statement[];
}

/** A bucket that keeps every version, encrypted, reachable only over TLS and never public. */
export class PrivateBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  /** The resource to wait for: before it the bucket keeps no versions. */
  readonly versioning: S3BucketVersioningA;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { name, preventDestroy = false, statements = () => [] } = props;
    check(this, [
      rule(
        "name",
        name,
        'up to 63 lower-case letters, digits and dashes, like "staging-artifacts-123456789012-eu-central-1"',
        (it) => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(it),
      ),
    ]);
    const bucket = new S3Bucket(this, "resource", {
      bucket: name,
      ...(preventDestroy ? { lifecycle: { preventDestroy } } : {}),
    });
    this.name = bucket.bucket;
    this.arn = bucket.arn;
    this.versioning = new S3BucketVersioningA(this, "versioning", {
      bucket: bucket.id,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    new S3BucketOwnershipControls(this, "ownership", {
      bucket: bucket.id,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    const closed = new S3BucketPublicAccessBlock(this, "public-access", {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const policy = new DataAwsIamPolicyDocument(this, "policy-document", {
      statement: [onlyOverTls(bucket.arn), ...statements(bucket.arn)],
    });
    new S3BucketPolicy(this, "policy", {
      bucket: bucket.id,
      policy: policy.json,
      // S3 refuses two concurrent changes of one bucket's access.
      dependsOn: [closed],
    });
  }
}
