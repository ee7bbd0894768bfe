import type { Mapping } from "../mapping.ts";

/** Roles and their policies. */
export const rights: Readonly<Record<string, Mapping>> = {
  aws_iam_instance_profile: {
    as: "AWS::IAM::InstanceProfile",
    renamed: { name: "InstanceProfileName", role: "Roles" },
  },
  aws_iam_openid_connect_provider: { as: "AWS::IAM::OIDCProvider" },
  aws_iam_policy: {
    as: "AWS::IAM::ManagedPolicy",
    renamed: { name: "ManagedPolicyName", policy: "PolicyDocument" },
  },
  aws_iam_role: {
    as: "AWS::IAM::Role",
    renamed: { name: "RoleName", assume_role_policy: "AssumeRolePolicyDocument" },
  },
  aws_iam_role_policy: {
    as: "AWS::IAM::RolePolicy",
    renamed: { name: "PolicyName", policy: "PolicyDocument", role: "RoleName" },
  },
};
