import type { Values } from "../configured.ts";
import type { Mapping, Part } from "../mapping.ts";
import { first, given, list, own } from "../shapes.ts";

function withoutFilter({ filter, expiration, ...rule }: Values): Values {
  const { prefix, tag } = first(filter);
  const { days, ...rest } = first(expiration);
  const filters = given({ prefix, tag_filters: tag });
  return { ...rule, ...filters, ...given({ expiration_in_days: days, ...rest }) };
}

/** What keeps data: databases, buckets, queues and topics. */
export const data: Readonly<Record<string, Mapping>> = {
  aws_db_instance: {
    as: "AWS::RDS::DBInstance",
    renamed: {
      identifier: "DBInstanceIdentifier",
      instance_class: "DBInstanceClass",
      username: "MasterUsername",
      password: "MasterUserPassword",
      backup_window: "PreferredBackupWindow",
      maintenance_window: "PreferredMaintenanceWindow",
      parameter_group_name: "DBParameterGroupName",
      option_group_name: "OptionGroupName",
      performance_insights_enabled: "EnablePerformanceInsights",
      enabled_cloudwatch_logs_exports: "EnableCloudwatchLogsExports",
      vpc_security_group_ids: "VPCSecurityGroups",
      ca_cert_identifier: "CACertificateIdentifier",
      iam_database_authentication_enabled: "EnableIAMDatabaseAuthentication",
    },
    absent: { skip_final_snapshot: own, final_snapshot_identifier: own, apply_immediately: own },
  },
  aws_db_parameter_group: {
    as: "AWS::RDS::DBParameterGroup",
    renamed: { name: "DBParameterGroupName", parameter: "Parameters" },
    always: ["description"],
    shape: ({ parameter, ...values }) => ({
      ...values,
      parameter: Object.fromEntries(list(parameter).map(({ name, value }) => [name, value])),
    }),
  },
  aws_db_subnet_group: {
    as: "AWS::RDS::DBSubnetGroup",
    renamed: { name: "DBSubnetGroupName", description: "DBSubnetGroupDescription" },
    always: ["description"],
  },
  aws_s3_bucket: {
    as: "AWS::S3::Bucket",
    renamed: { bucket: "BucketName" },
    absent: { force_destroy: own },
  },
  aws_s3_bucket_policy: {
    as: "AWS::S3::BucketPolicy",
    renamed: { policy: "PolicyDocument" },
  },
  aws_sns_topic: { as: "AWS::SNS::Topic", renamed: { name: "TopicName" } },
  aws_sns_topic_subscription: { as: "AWS::SNS::Subscription" },
  aws_sqs_queue: {
    as: "AWS::SQS::Queue",
    renamed: {
      name: "QueueName",
      message_retention_seconds: "MessageRetentionPeriod",
      visibility_timeout_seconds: "VisibilityTimeout",
    },
  },
  aws_sqs_queue_policy: {
    as: "AWS::SQS::QueuePolicy",
    renamed: { policy: "PolicyDocument", queue_url: "Queues" },
  },
};

const ofBucket = (shape: Part["shape"]): Part => ({
  partOf: "aws_s3_bucket",
  by: ["bucket", "id"],
  shape,
});

/** What is set apart at Terraform, and belongs to the bucket or queue at CloudFormation. */
export const partsOfData: Readonly<Record<string, Part>> = {
  aws_s3_bucket_lifecycle_configuration: ofBucket(({ rule }) => ({
    lifecycle_configuration: { rules: list(rule).map(withoutFilter) },
  })),
  aws_s3_bucket_notification: ofBucket(({ queue }) => ({
    notification_configuration: {
      queue_configurations: list(queue).flatMap(({ queue_arn, events, filter_suffix }) =>
        ((events ?? []) as string[]).map((event) => ({
          queue: queue_arn,
          event,
          filter: { s3_key: { rules: [{ name: "suffix", value: filter_suffix }] } },
        })),
      ),
    },
  })),
  aws_s3_bucket_ownership_controls: ofBucket(({ rule }) => ({
    ownership_controls: { rules: rule },
  })),
  aws_s3_bucket_public_access_block: ofBucket(({ bucket, ...it }) => ({
    public_access_block_configuration: it,
  })),
  aws_s3_bucket_server_side_encryption_configuration: ofBucket(({ rule }) => ({
    bucket_encryption: {
      server_side_encryption_configuration: list(rule).map(
        ({ apply_server_side_encryption_by_default, ...it }) => ({
          ...it,
          server_side_encryption_by_default: apply_server_side_encryption_by_default,
        }),
      ),
    },
  })),
  aws_s3_bucket_versioning: ofBucket(({ versioning_configuration }) => ({
    versioning_configuration,
  })),
  aws_sqs_queue_redrive_allow_policy: {
    partOf: "aws_sqs_queue",
    by: ["queue_url", "id"],
    shape: ({ redrive_allow_policy }) => ({ redrive_allow_policy }),
  },
};
