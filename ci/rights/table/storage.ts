import { linkedRole, ownArn, type Place, type Rows, row, type Values } from "./resource-type.ts";

const bucket = (it: Values) => `arn:aws:s3:::${it.bucket}`;

/** `https://sqs.eu-central-1.amazonaws.com/111111111111/production-announce` as an ARN. */
const queueOf = ({ queue_url: url }: Values, { region, account }: Place) =>
  `arn:aws:sqs:${region}:${account}:${(url as string).split("/").at(-1)}`;

const attributes = { read: ["sqs:GetQueueAttributes"], update: ["sqs:SetQueueAttributes"] };
const databaseTags = ["rds:AddTagsToResource", "rds:RemoveTagsFromResource"];

/** One setting of a bucket: S3 has an action to put it, which mostly also deletes it, and one to get it. */
const setting = (put: string, get: string, remove = put) =>
  row({ on: bucket, create: [put], update: [put], delete: [remove], read: [get] });

export const storage: Rows = {
  aws_s3_bucket: row({
    on: bucket,
    create: ["s3:CreateBucket"],
    read: [
      "s3:ListBucket",
      "s3:GetAccelerateConfiguration",
      "s3:GetBucketAcl",
      "s3:GetBucketCORS",
      "s3:GetBucketLogging",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketPolicy",
      "s3:GetBucketRequestPayment",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetBucketWebsite",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListTagsForResource",
    ],
    delete: ["s3:DeleteBucket"],
    tags: ["s3:PutBucketTagging", "s3:TagResource", "s3:UntagResource"],
  }),
  aws_s3_bucket_lifecycle_configuration: setting(
    "s3:PutLifecycleConfiguration",
    "s3:GetLifecycleConfiguration",
  ),
  aws_s3_bucket_notification: setting("s3:PutBucketNotification", "s3:GetBucketNotification"),
  aws_s3_bucket_ownership_controls: setting(
    "s3:PutBucketOwnershipControls",
    "s3:GetBucketOwnershipControls",
  ),
  aws_s3_bucket_policy: setting(
    "s3:PutBucketPolicy",
    "s3:GetBucketPolicy",
    "s3:DeleteBucketPolicy",
  ),
  aws_s3_bucket_public_access_block: setting(
    "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketPublicAccessBlock",
  ),
  aws_s3_bucket_server_side_encryption_configuration: setting(
    "s3:PutEncryptionConfiguration",
    "s3:GetEncryptionConfiguration",
  ),
  aws_s3_bucket_versioning: setting("s3:PutBucketVersioning", "s3:GetBucketVersioning"),

  aws_sqs_queue: row({
    ...attributes,
    on: ownArn,
    create: ["sqs:CreateQueue"],
    read: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"],
    delete: ["sqs:DeleteQueue"],
    tags: ["sqs:TagQueue", "sqs:UntagQueue"],
  }),
  aws_sqs_queue_policy: row({ ...attributes, on: queueOf }),
  aws_sqs_queue_redrive_allow_policy: row({ ...attributes, on: queueOf }),

  aws_sns_topic: row({
    on: ownArn,
    create: ["sns:CreateTopic"],
    read: ["sns:GetTopicAttributes", "sns:ListTagsForResource"],
    update: ["sns:SetTopicAttributes"],
    delete: ["sns:DeleteTopic"],
    tags: ["sns:TagResource", "sns:UntagResource"],
  }),
  aws_sns_topic_subscription: row({
    on: (it) => it.topic_arn,
    create: ["sns:Subscribe"],
    read: ["sns:ListSubscriptionsByTopic"],
    // Of a subscription, which is no resource of IAM's.
    update: ["sns:SetSubscriptionAttributes *"],
    delete: ["sns:Unsubscribe *"],
    list: ["sns:GetSubscriptionAttributes *"],
  }),

  aws_db_instance: row({
    on: ownArn,
    create: ["rds:CreateDBInstance"],
    read: ["rds:DescribeDBInstances", "rds:ListTagsForResource"],
    update: ["rds:ModifyDBInstance", "rds:RebootDBInstance"],
    delete: ["rds:DeleteDBInstance"],
    tags: databaseTags,
    list: [
      "ec2:DescribeAccountAttributes *",
      "ec2:DescribeAvailabilityZones *",
      "ec2:DescribeInternetGateways *",
      "ec2:DescribeSecurityGroups *",
      "ec2:DescribeSubnets *",
      "ec2:DescribeVpcs *",
    ],
    also: (it, place) => withDatabase(it, place),
  }),
  aws_db_parameter_group: row({
    on: ownArn,
    create: ["rds:CreateDBParameterGroup", "rds:ModifyDBParameterGroup"],
    read: ["rds:DescribeDBParameterGroups", "rds:DescribeDBParameters", "rds:ListTagsForResource"],
    update: ["rds:ModifyDBParameterGroup", "rds:ResetDBParameterGroup"],
    delete: ["rds:DeleteDBParameterGroup"],
    tags: databaseTags,
  }),
  aws_db_subnet_group: row({
    on: ownArn,
    create: ["rds:CreateDBSubnetGroup"],
    read: ["rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"],
    update: ["rds:ModifyDBSubnetGroup"],
    delete: ["rds:DeleteDBSubnetGroup"],
    tags: databaseTags,
  }),
};

/**
 * RDS makes the secret of the master user, looks at the key of the disk, and uses the groups, in the name
 * of whoever makes the server; a destroy takes a last snapshot.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 */
function withDatabase(it: Values, place: Place) {
  const { region, account } = place;
  const rds = (kind: string, name: string) => `arn:aws:rds:${region}:${account}:${kind}:${name}`;
  const secret = `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-0-AbCdEf`;
  const snapshot = rds("snapshot", it.final_snapshot_identifier);
  const used = [
    rds("pg", it.parameter_group_name),
    rds("subgrp", it.db_subnet_group_name),
    rds("og", "default:postgres-17"),
  ];
  const call = (verb: "create" | "delete", action: string, resource: string) => ({
    verb,
    action,
    resource,
  });
  return [
    linkedRole("rds", place),
    ...used.map((arn) => call("create", "rds:CreateDBInstance", arn)),
    call("create", "secretsmanager:CreateSecret", secret),
    call("create", "secretsmanager:TagResource", secret),
    call("create", "kms:DescribeKey", `arn:aws:kms:${region}:${account}:key/of-rds`),
    call("delete", "rds:CreateDBSnapshot", snapshot),
    call("delete", "rds:AddTagsToResource", snapshot),
  ];
}
