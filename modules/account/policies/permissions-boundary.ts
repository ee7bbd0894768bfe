import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { Aspects, type TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { type AccountIdentity, accountNames } from "../names.ts";

export interface BoundaryProps extends AccountIdentity {
  /** Additional rights for the roles of services, like `ses:SendEmail`. */
  readonly serviceActions: readonly string[];
  readonly stateBucketArn: string;
}

/**
 * The most that any role of a cluster can do, whatever is granted to it. It grants nothing itself.
 * IAM, other accounts and Terraform's state are left out, so that no role can extend its own
 * rights.
 */
export function permissionsBoundary(scope: Construct, props: BoundaryProps): IamPolicy {
  const { serviceActions, stateBucketArn } = props;
  const document = new DataAwsIamPolicyDocument(scope, "boundary-document", {
    statement: [
      { sid: "TheUsual", actions: [...usual, ...serviceActions], resources: ["*"] },
      {
        sid: "NoState",
        effect: "Deny",
        actions: ["s3:*"],
        resources: [stateBucketArn, `${stateBucketArn}/*`],
      },
    ],
  });
  return new IamPolicy(scope, "boundary", {
    name: accountNames(props).permissionsBoundary,
    description: "The most that a role made by an apply can do",
    policy: document.json,
  });
}

/** Puts the boundary on every role of a stack: without it the apply role may not make them. */
export function boundRoles(stack: TerraformStack, identity: AccountIdentity): void {
  const { boundaryArn } = accountNames(identity);
  Aspects.of(stack).add({
    visit(node) {
      if (node instanceof IamRole) node.permissionsBoundary = boundaryArn;
    },
  });
}

const usual = [
  "autoscaling:CompleteLifecycleAction",
  "autoscaling:Describe*",
  "autoscaling:RecordLifecycleActionHeartbeat",
  "autoscaling:SetInstanceHealth",
  "autoscaling:SetInstanceProtection",
  "cloudfront:CreateInvalidation",
  "cloudwatch:PutMetricData",
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:Describe*",
  "ec2:UnassignPrivateIpAddresses",
  "ec2messages:*",
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:GetAuthorizationToken",
  "ecr:GetDownloadUrlForLayer",
  "ecs:RunTask",
  "elasticloadbalancing:DeregisterTargets",
  "elasticloadbalancing:Describe*",
  "elasticloadbalancing:RegisterTargets",
  "kms:Decrypt",
  "kms:GenerateDataKey*",
  "lambda:InvokeFunction",
  "logs:CreateLogStream",
  "logs:DescribeLog*",
  "logs:PutLogEvents",
  "rds-db:connect",
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:GetBucketLocation",
  "s3:GetObject*",
  "s3:ListBucket",
  "s3:PutObject",
  "s3:PutObjectTagging",
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetSecretValue",
  "sns:Publish",
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
  "sqs:GetQueue*",
  "sqs:ReceiveMessage",
  "sqs:SendMessage",
  "ssm:DescribeAssociation",
  "ssm:GetDeployablePatchSnapshotForInstance",
  "ssm:GetDocument",
  "ssm:GetManifest",
  "ssm:GetParameter*",
  "ssm:ListAssociations",
  "ssm:ListInstanceAssociations",
  "ssm:PutInventory",
  "ssm:UpdateAssociationStatus",
  "ssm:UpdateInstanceAssociationStatus",
  "ssm:UpdateInstanceInformation",
  "ssmmessages:*",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];
