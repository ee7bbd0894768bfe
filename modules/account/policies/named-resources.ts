import type { Statement } from "../../iam/index.ts";

/**
 * What an apply may change because its name begins with its cluster's. Contents stay out: objects, messages,
 * secrets. Each kind of resource has its own line: AWS takes no star in place of the kind.
 */
export const namedResources: readonly Statement[] = [
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
    resources: ["arn:aws:s3:::{cluster}-*"],
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
    resources: ["arn:aws:sqs:{region}:{account}:{cluster}-*"],
  },
  {
    sid: "Topics",
    actions: [
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sns:UntagResource",
    ],
    resources: ["arn:aws:sns:{region}:{account}:{cluster}-*"],
  },
  {
    sid: "Functions",
    actions: [
      "lambda:CreateFunction",
      "lambda:DeleteFunction",
      "lambda:DeleteFunctionConcurrency",
      "lambda:TagResource",
      "lambda:UntagResource",
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
    ],
    resources: ["arn:aws:lambda:{region}:{account}:function:{cluster}-*"],
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
        values: ["arn:aws:lambda:{region}:{account}:function:{cluster}-*"],
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
    resources: [
      "arn:aws:logs:{region}:{account}:log-group:{cluster}-*",
      "arn:aws:logs:{region}:{account}:log-group:/*/{cluster}-*",
    ],
  },
  {
    sid: "Alarms",
    actions: [
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:DeleteAlarms",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ],
    resources: ["arn:aws:cloudwatch:{region}:{account}:alarm:{cluster}-*"],
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
    resources: [
      "arn:aws:rds:{region}:{account}:db:{cluster}-*",
      "arn:aws:rds:{region}:{account}:pg:{cluster}-*",
      "arn:aws:rds:{region}:{account}:snapshot:{cluster}-*",
      "arn:aws:rds:{region}:{account}:subgrp:{cluster}-*",
      // A server without option group of its own uses RDS's.
      "arn:aws:rds:{region}:{account}:og:default*",
    ],
  },
  {
    sid: "DatabasePasswords",
    actions: ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
    resources: ["arn:aws:secretsmanager:{region}:{account}:secret:rds!*"],
  },
  {
    sid: "Containers",
    actions: [
      "ecs:CreateCluster",
      "ecs:CreateService",
      "ecs:DeleteCluster",
      "ecs:DeleteService",
      "ecs:RegisterTaskDefinition",
      "ecs:TagResource",
      "ecs:UntagResource",
      "ecs:UpdateCluster",
      "ecs:UpdateClusterSettings",
      "ecs:UpdateService",
    ],
    resources: [
      "arn:aws:ecs:{region}:{account}:cluster/{cluster}-*",
      "arn:aws:ecs:{region}:{account}:service/{cluster}-*",
      "arn:aws:ecs:{region}:{account}:task-definition/{cluster}-*",
    ],
  },
  {
    sid: "InstanceGroups",
    actions: ["autoscaling:*"],
    resources: [
      "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{cluster}-*",
    ],
  },
  {
    sid: "LoadBalancers",
    actions: ["elasticloadbalancing:*"],
    resources: [
      "arn:aws:elasticloadbalancing:{region}:{account}:listener/app/{cluster}-*",
      "arn:aws:elasticloadbalancing:{region}:{account}:listener-rule/app/{cluster}-*",
      "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{cluster}-*",
      "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{cluster}-*",
    ],
  },
];
