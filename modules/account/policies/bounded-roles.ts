import type { Statement } from "../../iam/index.ts";

/** Services that run with a role of a cluster. */
const runners = ["ec2", "ecs-tasks", "lambda", "vpc-flow-logs"];

const endpoint = (service: string) => `${service}.amazonaws.com`;

/** Without the boundary on it no role can be made or given anything, nor can it be taken off. */
export const boundedRoles: readonly Statement[] = [
  {
    sid: "EmpowerBoundedRoles",
    actions: [
      "iam:CreateRole",
      "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy",
      "iam:DeleteRolePolicy",
      // Who may take on a role is a right too.
      "iam:UpdateAssumeRolePolicy",
    ],
    resources: ["arn:aws:iam::{account}:role/{cluster}-*"],
    condition: [
      { test: "StringEquals", variable: "iam:PermissionsBoundary", values: ["{boundaryArn}"] },
    ],
  },
  {
    sid: "KeepRoles",
    actions: [
      "iam:DeleteRole",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
      "iam:ListInstanceProfilesForRole",
      "iam:TagRole",
      "iam:UntagRole",
    ],
    resources: ["arn:aws:iam::{account}:role/{cluster}-*"],
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
    resources: ["arn:aws:iam::{account}:instance-profile/{cluster}-*"],
  },
  {
    sid: "PassRoles",
    actions: ["iam:PassRole"],
    resources: ["arn:aws:iam::{account}:role/{cluster}-*"],
    condition: [
      {
        test: "StringEquals",
        variable: "iam:PassedToService",
        values: runners.map(endpoint),
      },
    ],
  },
];
