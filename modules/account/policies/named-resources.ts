import type { Statement } from "../../iam/index.ts";
import type { ApplyPolicyProps } from "./props.ts";

/** Resources with their cluster in the name. Contents (objects, messages, secrets) stay out. */
export function namedResources({ account, region, cluster }: ApplyPolicyProps): Statement[] {
  const here = `${region}:${account}`;
  const named = (...before: string[]) => before.map((start) => `arn:aws:${start}${cluster}-*`);
  return [
    {
      sid: "Buckets",
      actions: [
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:PutBucket*",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:TagResource",
        "s3:UntagResource",
      ],
      resources: named("s3:::"),
    },
    {
      sid: "Queues",
      actions: [
        "sqs:CreateQueue",
        "sqs:DeleteQueue",
        "sqs:SetQueueAttributes",
        "sqs:TagQueue",
        "sqs:UntagQueue",
      ],
      resources: named(`sqs:${here}:`),
    },
    {
      sid: "Topics",
      actions: [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:Unsubscribe",
        "sns:SetSubscriptionAttributes",
        "sns:TagResource",
        "sns:UntagResource",
      ],
      resources: named(`sns:${here}:`),
    },
    {
      sid: "Functions",
      actions: [
        "lambda:AddPermission",
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:PutFunctionConcurrency",
        "lambda:RemovePermission",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
      ],
      resources: named(`lambda:${here}:function:`),
    },
    {
      sid: "QueuesToFunctions",
      actions: [
        "lambda:CreateEventSourceMapping",
        "lambda:UpdateEventSourceMapping",
        "lambda:DeleteEventSourceMapping",
      ],
      resources: ["*"],
      condition: [
        {
          test: "ArnLike",
          variable: "lambda:FunctionArn",
          values: named(`lambda:${here}:function:`),
        },
      ],
    },
    {
      sid: "LogGroups",
      actions: [
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:PutRetentionPolicy",
        "logs:DeleteRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ],
      resources: named(`logs:${here}:log-group:`, `logs:${here}:log-group:/*/`),
    },
    {
      sid: "AlarmsAndDashboards",
      actions: [
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:PutDashboard",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ],
      resources: named(`cloudwatch:${here}:alarm:`, `cloudwatch::${account}:dashboard/`),
    },
    {
      sid: "Databases",
      actions: [
        "rds:AddTagsToResource",
        "rds:CreateDB*",
        "rds:DeleteDBInstance",
        "rds:DeleteDBParameterGroup",
        "rds:DeleteDBSubnetGroup",
        "rds:ModifyDB*",
        "rds:RebootDBInstance",
        "rds:RemoveTagsFromResource",
        "rds:ResetDBParameterGroup",
      ],
      // A server without option group of its own uses RDS's.
      resources: [...named(`rds:${here}:*:`), `arn:aws:rds:${here}:og:default*`],
    },
    {
      sid: "DatabasePasswords",
      actions: ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
      resources: [`arn:aws:secretsmanager:${here}:secret:rds!*`],
    },
    {
      sid: "Containers",
      actions: [
        "ecs:CreateCluster",
        "ecs:CreateService",
        "ecs:DeleteCluster",
        "ecs:DeleteService",
        "ecs:PutClusterCapacityProviders",
        "ecs:RegisterTaskDefinition",
        "ecs:TagResource",
        "ecs:UntagResource",
        "ecs:UpdateCluster",
        "ecs:UpdateClusterSettings",
        "ecs:UpdateService",
      ],
      resources: named(`ecs:${here}:*/`),
    },
    {
      sid: "InstanceGroups",
      actions: ["autoscaling:*"],
      resources: named(`autoscaling:${here}:autoScalingGroup:*:autoScalingGroupName/`),
    },
    {
      sid: "LoadBalancers",
      actions: ["elasticloadbalancing:*"],
      resources: named(`elasticloadbalancing:${here}:*/`),
    },
    {
      sid: "Schedules",
      actions: [
        "events:DeleteRule",
        "events:PutRule",
        "events:PutTargets",
        "events:RemoveTargets",
        "events:TagResource",
        "events:UntagResource",
        "scheduler:CreateSchedule",
        "scheduler:DeleteSchedule",
        "scheduler:UpdateSchedule",
      ],
      resources: named(`events:${here}:rule/`, `scheduler:${here}:schedule/*/`),
    },
  ];
}
