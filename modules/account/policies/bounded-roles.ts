import type { Statement } from "../../iam/index.ts";
import type { ApplyPolicyProps } from "./props.ts";

/** AWS services that assume a cluster's roles. */
const runners = ["ec2", "ecs-tasks", "events", "lambda", "scheduler", "vpc-flow-logs"];

const endpoint = (service: string) => `${service}.amazonaws.com`;

/** Roles are made and granted rights only with the boundary on them, and cannot lose it. */
export function boundedRoles({ account, cluster, boundaryArn }: ApplyPolicyProps): Statement[] {
  const named = (kind: string) => `arn:aws:iam::${account}:${kind}/${cluster}-*`;
  return [
    {
      sid: "EmpowerBoundedRoles",
      actions: [
        "iam:CreateRole",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
      ],
      resources: [named("role")],
      condition: [
        { test: "StringEquals", variable: "iam:PermissionsBoundary", values: [boundaryArn] },
      ],
    },
    {
      sid: "KeepRoles",
      actions: [
        "iam:DeleteRole",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
        "iam:UpdateAssumeRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
      ],
      resources: [named("role")],
    },
    {
      sid: "KeepInstanceProfiles",
      actions: [
        "iam:CreateInstanceProfile",
        "iam:DeleteInstanceProfile",
        "iam:AddRoleToInstanceProfile",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:TagInstanceProfile",
        "iam:UntagInstanceProfile",
      ],
      resources: [named("instance-profile"), named("role")],
    },
    {
      sid: "PassRoles",
      actions: ["iam:PassRole"],
      resources: [named("role")],
      condition: [
        {
          test: "StringEquals",
          variable: "iam:PassedToService",
          values: runners.map(endpoint),
        },
      ],
    },
  ];
}
