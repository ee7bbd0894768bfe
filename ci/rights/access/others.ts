import {
  archive,
  type Forbidden,
  forbid,
  managementToken,
  parameter,
  role,
  secretOf,
} from "./cell.ts";

/** Consul's servers, announce, the workflows of services, and flow logs. */
export const others: readonly Forbidden[] = [
  ...forbid("consul", [
    {
      actions: ["ssm:GetParameter"],
      on: parameter("/shoestring/{cluster}/web/consul-token"),
      why: "a server reads its own secrets alone",
    },
    { actions: ["ssm:PutParameter"], on: managementToken, why: "a server reads" },
    {
      actions: ["secretsmanager:GetSecretValue"],
      on: secretOf("web"),
      why: "a server knows of no service's secrets",
    },
    { actions: ["s3:GetObjectVersion"], on: archive("web"), why: "a server deploys nothing" },
    {
      actions: ["ssm:StartSession", "ssm:SendCommand"],
      on: "*",
      why: "a server is visited, and visits none",
    },
    { actions: ["ec2:DescribeInstances"], on: "*", why: "servers find each other by names" },
  ]),
  ...forbid("announce", [
    {
      actions: ["s3:PutObject", "s3:DeleteObject"],
      on: archive("web"),
      why: "announce looks at releases",
    },
    {
      actions: ["ssm:GetParameter"],
      on: managementToken,
      why: "it has a narrower token of its own",
    },
    {
      actions: ["ssm:GetParameter"],
      on: parameter("/shoestring/{cluster}/web/consul-token"),
      why: "agents' tokens are theirs",
    },
    {
      actions: ["secretsmanager:GetSecretValue"],
      on: secretOf("web"),
      why: "no secret of a service is its business",
    },
    {
      actions: ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets"],
      on: "*",
      context: {
        "lambda:SourceFunctionArn": "arn:aws:lambda:{region}:{account}:function:{cluster}-announce",
      },
      why: "Lambda needs these to place the function; the function's own code does not",
    },
    {
      actions: ["sqs:SendMessage", "sqs:PurgeQueue"],
      on: "arn:aws:sqs:{region}:{account}:{cluster}-announce",
      why: "it reads the queue",
    },
  ]),
  ...forbid("deploy", [
    {
      actions: ["s3:PutObject"],
      on: archive("{service}"),
      why: "without If-None-Match a release could be replaced",
    },
    {
      actions: ["s3:PutObject"],
      on: archive("somebody-else"),
      context: { "s3:if-none-match": "*" },
      why: "a repository releases its own service",
    },
    {
      actions: ["s3:PutObject"],
      on: "arn:aws:s3:::elsewhere-artifacts-{account}-{region}/{service}/12-abcdef0.tar.gz",
      context: { "s3:if-none-match": "*" },
      why: "the branch of one cluster releases to it alone",
    },
    {
      actions: [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObjectTagging",
      ],
      on: archive("{service}"),
      why: "it makes new archives, and nothing else",
    },
    {
      actions: ["s3:ListBucket"],
      on: "arn:aws:s3:::{bucket}",
      why: "without a prefix it would list all services' releases",
    },
    {
      actions: ["s3:ListBucket"],
      on: "arn:aws:s3:::{bucket}",
      context: { "s3:prefix": "somebody-else/" },
      why: "it lists its own releases",
    },
    {
      actions: ["s3:GetObject"],
      on: "arn:aws:s3:::{state}/{cluster}.tfstate",
      why: "services' repositories see no state",
    },
    {
      actions: ["iam:PassRole", "sts:AssumeRole"],
      on: role("{cluster}-{service}"),
      why: "it uploads, and runs nothing",
    },
    {
      actions: ["secretsmanager:GetSecretValue"],
      on: secretOf("{service}"),
      why: "a build sees no secret",
    },
  ]),
  ...forbid("flow-logs", [
    {
      actions: ["logs:GetLogEvents", "logs:DeleteLogGroup", "logs:PutRetentionPolicy"],
      on: "arn:aws:logs:{region}:{account}:log-group:{role}:*",
      why: "it writes records, and neither reads nor shortens them",
    },
  ]),
];
