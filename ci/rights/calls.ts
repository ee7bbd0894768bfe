import type { Context } from "./policy/conditions.ts";
import type { RoleKind } from "./scope.ts";

/** A call of AWS by a program of this project, or by one that runs with a role of it. */
export interface Call {
  /** File of this project with the SDK's command; or the program's name, where it is another's. */
  readonly program: string;
  /** The SDK's command without `Command`, or for a signed request what it asks for. */
  readonly command: string;
  readonly action: string;
  /** Roles that need it. None: a person calls with rights of their own. */
  readonly by: readonly RoleKind[];
  /** ARNs of what it is called on, with the words of `Scope` in braces; or `*`. */
  readonly on: readonly string[];
  /** What conditions look at, beside the region. @default nothing */
  readonly context?: Context;
}

const parameter = (path: string) => `arn:aws:ssm:{region}:{account}:parameter${path}`;
const group =
  "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:0:autoScalingGroupName/{role}";
const archive = "arn:aws:s3:::{bucket}/{service}/12-abcdef0.tar.gz";

/** A program that AWS runs or gives, with a role of this project. */
const elsewhere = (
  program: string,
  by: readonly RoleKind[],
  on: string,
  actions: readonly string[],
): readonly Call[] =>
  actions.map((action) => ({
    program,
    command: action.split(":")[1] as string,
    action,
    by,
    on: [on],
  }));

const own: readonly Call[] = [
  {
    program: "agent/aws/lifecycle-hook.ts",
    command: "CompleteLifecycleAction",
    action: "autoscaling:CompleteLifecycleAction",
    by: ["instance"],
    on: [group],
  },
  {
    program: "agent/aws/lifecycle-hook.ts",
    command: "RecordLifecycleActionHeartbeat",
    action: "autoscaling:RecordLifecycleActionHeartbeat",
    by: ["instance"],
    on: [group],
  },
  {
    program: "agent/aws/secrets.ts",
    command: "GetParameter",
    action: "ssm:GetParameter",
    by: ["instance"],
    on: [
      parameter("/shoestring/{cluster}/{service}/consul-token"),
      parameter("/shoestring/{cluster}/{service}/of-a-variable"),
      parameter("{slackToken}"),
      parameter("{header}"),
    ],
  },
  {
    // modules/consul/fill-secrets.mjs runs the agent's program.
    program: "agent/aws/secrets.ts",
    command: "GetParameter",
    action: "ssm:GetParameter",
    by: ["consul"],
    on: [parameter("/shoestring/{cluster}/consul/management-token")],
  },
  {
    program: "agent/aws/secrets.ts",
    command: "GetSecretValue",
    action: "secretsmanager:GetSecretValue",
    by: ["instance"],
    on: ["arn:aws:secretsmanager:{region}:{account}:secret:{cluster}/{service}/database-AbCdEf"],
  },
  {
    program: "agent/aws/s3.ts",
    command: "signed request",
    action: "s3:GetObjectVersion",
    by: ["instance"],
    on: [archive],
  },
  {
    program: "functions/announce/handler.ts",
    command: "HeadObject",
    action: "s3:GetObject",
    by: ["announce"],
    on: ["arn:aws:s3:::{bucket}/any/12-abcdef0.tar.gz"],
  },
  {
    program: "functions/announce/handler.ts",
    command: "HeadObject",
    action: "s3:GetObjectVersion",
    by: ["announce"],
    on: ["arn:aws:s3:::{bucket}/any/12-abcdef0.tar.gz"],
  },
  {
    program: "functions/announce/handler.ts",
    command: "GetParameter",
    action: "ssm:GetParameter",
    by: ["announce"],
    on: [parameter("/shoestring/{cluster}/announce/consul-token"), parameter("{header}")],
  },
  {
    program: "cli/releases/artifacts.ts",
    command: "PutObject",
    action: "s3:PutObject",
    by: ["deploy"],
    on: [archive],
    context: { "s3:if-none-match": "*" },
  },
  {
    program: "cli/releases/artifacts.ts",
    command: "ListObjectsV2",
    action: "s3:ListBucket",
    by: ["deploy"],
    on: ["arn:aws:s3:::{bucket}"],
    context: { "s3:prefix": "{service}/" },
  },
  {
    program: "cli/releases/artifacts.ts",
    command: "HeadObject",
    action: "s3:GetObject",
    by: [], // `deploy`, which a person runs
    on: [archive],
  },
];

/** Calls of a program that a person runs, with rights of their own. */
const ofPerson = (program: string, command: string, on: string, actions: readonly string[]) =>
  actions.map((action): Call => ({ program, command, action, by: [], on: [on] }));

/** bootstrap, preflight and cluster destroy, which an administrator runs. */
const provisioning: readonly Call[] = [
  ...ofPerson("provisioning/aws/aws-account-reader.ts", "HeadBucket", "arn:aws:s3:::{state}", [
    "s3:ListBucket",
  ]),
  ...ofPerson(
    "provisioning/aws/aws-account-reader.ts",
    "GetObject",
    "arn:aws:s3:::{state}/account.tfstate",
    ["s3:GetObject"],
  ),
  ...ofPerson("provisioning/aws/aws-cluster-reader.ts", "DescribeParameters", "*", [
    "ssm:DescribeParameters",
  ]),
  ...ofPerson(
    "provisioning/aws/aws-cluster-reader.ts",
    "DescribeSecret",
    "arn:aws:secretsmanager:{region}:{account}:secret:{cluster}/{service}/database-AbCdEf",
    ["secretsmanager:DescribeSecret"],
  ),
  ...ofPerson(
    "provisioning/aws/aws-cluster-remains.ts",
    "ListObjectVersions",
    "arn:aws:s3:::{bucket}",
    ["s3:ListBucketVersions"],
  ),
  ...ofPerson("provisioning/aws/aws-cluster-remains.ts", "DeleteObjects", archive, [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
  ]),
  ...ofPerson("provisioning/aws/aws-cluster-remains.ts", "DescribeParameters", "*", [
    "ssm:DescribeParameters",
  ]),
  ...ofPerson(
    "provisioning/aws/aws-cluster-remains.ts",
    "DeleteParameters",
    parameter("/shoestring/{cluster}/*"),
    ["ssm:DeleteParameters"],
  ),
  ...ofPerson("provisioning/aws/signed-requests.ts", "signed request", "*", [
    "budgets:ViewBudget",
    "ec2:DescribeAddresses",
    "ec2:DescribeVpcs",
    "iam:GetOpenIDConnectProvider",
    "iam:GetPolicy",
    "iam:GetRole",
    "iam:SimulatePrincipalPolicy",
    "route53:GetHostedZone",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "sts:GetCallerIdentity",
  ]),
];

/** Every call of AWS, by who makes it. */
export const calls: readonly Call[] = [
  ...own,
  ...provisioning,
  ...elsewhere("the SSM agent of an image", ["instance", "consul"], "*", [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ]),
  ...elsewhere(
    "the SSM agent of an image",
    ["instance", "consul"],
    "arn:aws:ec2:{region}:{account}:instance/i-0",
    ["ssm:UpdateInstanceInformation"],
  ),
  ...elsewhere(
    "Lambda, for the queue",
    ["announce"],
    "arn:aws:sqs:{region}:{account}:{cluster}-announce",
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  ),
  ...elsewhere("Lambda, for the network", ["announce"], "*", [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ]),
  ...elsewhere(
    "Lambda, for the logs",
    ["announce"],
    "arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{cluster}-announce:log-stream:0",
    ["logs:CreateLogStream", "logs:PutLogEvents"],
  ),
  ...elsewhere(
    "VPC flow logs",
    ["flow-logs"],
    "arn:aws:logs:{region}:{account}:log-group:{role}:log-stream:0",
    ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
  ),
  ...elsewhere("VPC flow logs", ["flow-logs"], "*", ["logs:DescribeLogGroups"]),
  ...elsewhere("Terraform's backend", ["plan", "apply"], "arn:aws:s3:::{state}", ["s3:ListBucket"]),
  ...elsewhere("Terraform's backend", ["plan", "apply"], "arn:aws:s3:::{state}/{cluster}.tfstate", [
    "s3:GetObject",
  ]),
  ...["{cluster}", "{cluster}-config"].flatMap((stack) => [
    ...elsewhere("Terraform's backend", ["apply"], `arn:aws:s3:::{state}/${stack}.tfstate`, [
      "s3:PutObject",
    ]),
    ...elsewhere("Terraform's backend", ["apply"], `arn:aws:s3:::{state}/${stack}.tfstate.tflock`, [
      "s3:GetObject",
      "s3:PutObject",
      "s3:DeleteObject",
    ]),
  ]),
  ...elsewhere("Terraform's provider", ["plan", "apply"], "*", ["sts:GetCallerIdentity"]),
];
