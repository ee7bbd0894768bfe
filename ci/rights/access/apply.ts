import { archive, bounded, forbid, managementToken, role, secretOf } from "./cell.ts";

/** An apply changes what belongs to clusters, and reads no contents. */
export const apply = forbid("apply", [
  {
    actions: ["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
    on: role("{cluster}-admin"),
    why: "a role without the boundary may become anything, also what an apply may not",
  },
  {
    actions: ["iam:PutRolePermissionsBoundary"],
    on: role("{cluster}-web"),
    context: { "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess" },
    why: "another boundary is none",
  },
  {
    actions: ["iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy"],
    on: role("{cluster}-web"),
    context: bounded,
    why: "the boundary stays, and no module attaches a policy",
  },
  {
    actions: ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:PassRole", "iam:TagRole"],
    on: role("shoestring-apply"),
    context: { ...bounded, "iam:PassedToService": "ec2.amazonaws.com" },
    why: "it would make itself stronger",
  },
  {
    actions: ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy"],
    on: "arn:aws:iam::{account}:policy/shoestring-boundary",
    why: "a wider boundary widens every role",
  },
  {
    actions: ["iam:PassRole"],
    on: role("{cluster}-web"),
    context: { "iam:PassedToService": "codebuild.amazonaws.com" },
    why: "it would run programs with the rights of a service, beyond what a module makes",
  },
  {
    actions: ["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile"],
    on: "arn:aws:iam::{account}:user/{cluster}-robot",
    context: bounded,
    why: "keys without an end",
  },
  {
    actions: ["iam:CreateOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint"],
    on: "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com",
    why: "it decides whose tokens are believed",
  },
  {
    actions: ["sts:AssumeRole"],
    on: role("{cluster}-web"),
    why: "secrets of services stay theirs",
  },
  {
    actions: [
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:DeleteSecret",
    ],
    on: secretOf("web"),
    why: "no value of a secret is Terraform's",
  },
  {
    actions: ["secretsmanager:GetSecretValue"],
    on: "arn:aws:secretsmanager:{region}:{account}:secret:rds!db-0-AbCdEf",
    why: "an apply makes the password of a database and never reads it",
  },
  {
    actions: ["ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter"],
    on: managementToken,
    why: "it is the token that may do everything in Consul",
  },
  {
    actions: ["s3:PutObject", "s3:DeleteObject"],
    on: "arn:aws:s3:::{state}/account.tfstate",
    why: "the account's stack is an administrator's",
  },
  {
    actions: ["s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"],
    on: "arn:aws:s3:::{state}",
    why: "without its versions a state that went wrong is lost",
  },
  {
    actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    on: archive("web"),
    why: "releases are their repositories'",
  },
  {
    actions: ["sqs:PurgeQueue", "sqs:SendMessage", "sqs:ReceiveMessage"],
    on: "arn:aws:sqs:{region}:{account}:{cluster}-announce",
    why: "messages are deploys",
  },
  {
    actions: ["sqs:DeleteQueue", "sqs:SetQueueAttributes"],
    on: "arn:aws:sqs:{region}:{account}:somebody-elses",
    why: "what no cluster has is not Shoestring's",
  },
  {
    actions: ["rds:DeleteDBSnapshot", "rds:DeleteDBInstanceAutomatedBackup"],
    on: "arn:aws:rds:{region}:{account}:snapshot:{cluster}-main-final-sg-0",
    why: "the last copy of a database's data is a person's to delete",
  },
  {
    actions: ["ec2:TerminateInstances", "ec2:StopInstances", "ec2:ModifyInstanceAttribute"],
    on: "arn:aws:ec2:{region}:{account}:instance/i-0",
    why: "groups end their instances; nothing else asks",
  },
  {
    actions: ["ec2:RunInstances", "ec2:DeleteVpc", "ec2:AuthorizeSecurityGroupIngress"],
    on: "*",
    context: { "aws:RequestedRegion": "ap-south-1" },
    why: "no cluster is in that region",
  },
  {
    actions: ["kms:Decrypt", "kms:CreateGrant", "kms:ScheduleKeyDeletion"],
    on: "arn:aws:kms:{region}:{account}:key/0",
    why: "contents",
  },
  {
    actions: ["lambda:InvokeFunction"],
    on: "arn:aws:lambda:{region}:{account}:function:{cluster}-announce",
    why: "an invented event is a deploy",
  },
  { actions: ["ssm:SendCommand", "ssm:StartSession"], on: "*", why: "sessions are people's" },
]);
