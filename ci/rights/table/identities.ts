import { ownArn, type Place, type Rows, row, type Values } from "./resource-type.ts";

const role = (name: string, { account }: Place) => `arn:aws:iam::${account}:role/${name}`;

/** The boundary of a role by its name, which IAM compares in calls that change the role. */
function boundaryOf(name: string, { resources }: Place) {
  const found = resources.find(
    ({ type, values }) => type === "aws_iam_role" && values.name === name,
  );
  return boundary(found?.values.permissions_boundary);
}

const boundary = (arn: unknown) =>
  typeof arn === "string" && arn !== "" ? { "iam:PermissionsBoundary": arn } : {};

const ofRole = {
  on: (it: Values, place: Place) => role(it.role, place),
  context: (it: Values, place: Place) => boundaryOf(it.role, place),
};

export const identities: Rows = {
  aws_iam_role: row({
    on: ownArn,
    context: (it) => boundary(it.permissions_boundary),
    create: ["iam:CreateRole"],
    read: ["iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"],
    update: [
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
      "iam:PutRolePermissionsBoundary",
    ],
    delete: ["iam:DeleteRole", "iam:ListInstanceProfilesForRole"],
    tags: ["iam:TagRole", "iam:UntagRole"],
  }),
  aws_iam_role_policy: row({
    ...ofRole,
    create: ["iam:PutRolePolicy"],
    read: ["iam:GetRolePolicy"],
    update: ["iam:PutRolePolicy"],
    delete: ["iam:DeleteRolePolicy"],
  }),
  aws_iam_role_policy_attachment: row({
    ...ofRole,
    create: ["iam:AttachRolePolicy"],
    read: ["iam:ListAttachedRolePolicies"],
    delete: ["iam:DetachRolePolicy"],
  }),
  aws_iam_policy: row({
    on: ownArn,
    create: ["iam:CreatePolicy"],
    read: ["iam:GetPolicy", "iam:GetPolicyVersion"],
    update: ["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"],
    delete: ["iam:DeletePolicy"],
    tags: ["iam:TagPolicy", "iam:UntagPolicy"],
    also: ({ arn }) => [{ verb: "update", action: "iam:ListPolicyVersions", resource: arn }],
  }),
  aws_iam_instance_profile: row({
    on: ownArn,
    create: ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"],
    read: ["iam:GetInstanceProfile"],
    update: ["iam:RemoveRoleFromInstanceProfile"],
    delete: ["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"],
    tags: ["iam:TagInstanceProfile", "iam:UntagInstanceProfile"],
    also: (it, place) => [
      { verb: "read", action: "iam:GetRole", resource: role(it.role, place) },
      {
        verb: "create",
        action: "iam:PassRole",
        resource: role(it.role, place),
        context: { "iam:PassedToService": "ec2.amazonaws.com" },
      },
    ],
  }),
  aws_iam_openid_connect_provider: row({
    on: ownArn,
    create: ["iam:CreateOpenIDConnectProvider"],
    read: ["iam:GetOpenIDConnectProvider"],
    update: ["iam:UpdateOpenIDConnectProviderThumbprint", "iam:AddClientIDToOpenIDConnectProvider"],
    delete: ["iam:DeleteOpenIDConnectProvider"],
    tags: ["iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider"],
  }),
};
