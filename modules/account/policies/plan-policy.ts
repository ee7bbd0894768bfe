import type { Statement } from "../../iam/index.ts";

/**
 * A plan's rights: it reads how resources are set up, and no contents except state: no object,
 * secret, parameter value, message or log line. Anyone who opens a pull request has these rights.
 */
export function planPolicy(stateBucketArn: string): Statement[] {
  return [
    { sid: "ReadState", actions: ["s3:GetObject"], resources: [`${stateBucketArn}/*`] },
    { sid: "Describe", actions: describing, resources: ["*"] },
  ];
}

const describing = [
  "acm:DescribeCertificate",
  "acm:ListTagsForCertificate",
  "application-autoscaling:Describe*",
  "application-autoscaling:ListTagsForResource",
  "autoscaling:Describe*",
  "budgets:ListTagsForResource",
  "budgets:ViewBudget",
  "cloudfront:Get*",
  "cloudfront:List*",
  "cloudwatch:DescribeAlarms",
  "cloudwatch:ListTagsForResource",
  "ec2:Describe*",
  "ec2:GetSecurityGroupsForVpc",
  "ecs:Describe*",
  "ecs:ListTagsForResource",
  "elasticloadbalancing:Describe*",
  // Not all of IAM: who has which access key is nobody's business.
  "iam:GetInstanceProfile",
  "iam:GetOpenIDConnectProvider",
  "iam:GetPolicy",
  "iam:GetPolicyVersion",
  "iam:GetRole",
  "iam:GetRolePolicy",
  "iam:ListAttachedRolePolicies",
  "iam:ListRolePolicies",
  "lambda:GetEventSourceMapping",
  "lambda:GetFunction",
  "lambda:GetFunctionCodeSigningConfig",
  "lambda:ListTags",
  "lambda:ListVersionsByFunction",
  "logs:DescribeLogGroups",
  "logs:GetDelivery*",
  "logs:ListTagsForResource",
  "rds:Describe*",
  "rds:ListTagsForResource",
  "route53:Get*",
  "route53:List*",
  "s3:GetAccelerateConfiguration",
  "s3:GetBucket*",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
  "s3:GetReplicationConfiguration",
  "s3:ListBucket",
  "s3:ListTagsForResource",
  "sns:GetSubscriptionAttributes",
  "sns:GetTopicAttributes",
  "sns:ListSubscriptionsByTopic",
  "sns:ListTagsForResource",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
  "sqs:ListQueueTags",
  "sts:GetCallerIdentity",
  "wafv2:GetWebACL",
  "wafv2:GetWebACLForResource",
];
