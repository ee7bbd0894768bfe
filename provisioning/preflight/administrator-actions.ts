/** Actions of the stack `account`, of which an ordinary role lacks the first ones already. */
export const administratorActions = [
  "iam:CreateRole",
  "iam:PutRolePolicy",
  "iam:AttachRolePolicy",
  "iam:CreatePolicy",
  "iam:CreatePolicyVersion",
  "iam:CreateOpenIDConnectProvider",
  "s3:CreateBucket",
  "s3:PutBucketVersioning",
  "s3:PutBucketPolicy",
  "s3:PutEncryptionConfiguration",
  "s3:PutLifecycleConfiguration",
  "budgets:ModifyBudget",
] as const;
