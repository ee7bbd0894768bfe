import type { Values } from "../cloudformation/configured.ts";

/** A mistake that the simulated provider takes, and AWS would not. */
interface Mistake {
  /** What is wrong, in the words of somebody who made it. */
  readonly what: string;
  readonly type: string;
  readonly args: Values;
  /** The rule that says so. */
  readonly foundBy: string;
}

const [subnets, group] = [["subnet-0a1b2c3d", "subnet-1a2b3c4d"], "sg-0a1b2c3d4e5f6a7b8"];
const account = "arn:aws:iam::111111111111";
const policy = (statement: Values) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Resource: "*", ...statement }],
  });
const rights = (name: string, statement: Values) => ({
  type: "aws_iam_role_policy",
  args: { name, role: "web", policy: policy(statement) },
});
const database = {
  identifier: "main",
  engine: "postgres",
  engine_version: "17.7",
  instance_class: "db.t4g.medium",
  allocated_storage: 20,
  username: "shoestring",
  manage_master_user_password: true,
  backup_retention_period: 7,
  storage_encrypted: true,
  skip_final_snapshot: true,
};
const template = (name: string, args: Values) => ({
  type: "aws_launch_template",
  args: { name, image_id: "ami-0123456789abcdef0", instance_type: "t4g.small", ...args },
});

/** One resource each. */
export const mistakes: readonly Mistake[] = [
  {
    what: "an instance type that there is not",
    ...template("no-type", { instance_type: "t9.large" }),
    foundBy: "E3628",
  },
  {
    what: "a database of a class that there is not",
    type: "aws_db_instance",
    args: { ...database, identifier: "class", instance_class: "db.t9.small" },
    foundBy: "E3025",
  },
  {
    what: "a version of PostgreSQL that there is not",
    type: "aws_db_instance",
    args: { ...database, identifier: "version", engine_version: "17.99" },
    foundBy: "E3691",
  },
  {
    what: "a load balancer in one subnet",
    type: "aws_lb",
    args: { name: "alone", subnets: [subnets[0]], security_groups: [group] },
    foundBy: "E3680",
  },
  {
    what: "an HTTPS listener without a certificate",
    type: "aws_lb_listener",
    args: {
      load_balancer_arn:
        "arn:aws:elasticloadbalancing:eu-central-1:111111111111:loadbalancer/app/web/50dc6c495c0c9188",
      port: 443,
      protocol: "HTTPS",
      default_action: [
        {
          type: "fixed-response",
          fixed_response: [{ content_type: "text/plain", status_code: "404" }],
        },
      ],
    },
    foundBy: "E3676",
  },
  {
    what: "a group with a smaller maximum than minimum",
    type: "aws_autoscaling_group",
    args: {
      name: "turned-round",
      min_size: 3,
      max_size: 1,
      vpc_zone_identifier: subnets,
      launch_template: [{ id: "lt-0a1b2c3d4e5f6a7b8", version: "1" }],
    },
    foundBy: "E3706",
  },
  {
    what: "a role's policy with an action that there is not",
    ...rights("no-action", { Action: "s3:GetObjekt" }),
    foundBy: "W3037",
  },
  {
    what: "a right to objects that names the bucket alone",
    ...rights("no-objects", { Action: "s3:GetObject", Resource: "arn:aws:s3:::releases" }),
    foundBy: "RESOURCE_MISMATCH",
  },
  {
    what: "a right to end a subscription that names the topic",
    ...rights("no-topic", {
      Action: "sns:Unsubscribe",
      Resource: "arn:aws:sns:eu-central-1:111111111111:alarms",
    }),
    foundBy: "RESOURCE_MISMATCH",
  },
  {
    what: "a condition that an action does not know",
    ...rights("no-condition", {
      Action: "sqs:SendMessage",
      Resource: "arn:aws:sqs:eu-central-1:111111111111:announce",
      Condition: { StringEquals: { "s3:prefix": "incoming/" } },
    }),
    foundBy: "UNKNOWN_CONDITION_FOR_ACTION",
  },
  {
    what: "a trust policy whose action is misspelt",
    type: "aws_iam_role",
    args: {
      name: "misspelt",
      assume_role_policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "sts:AsumeRole", Principal: { Service: "ec2.amazonaws.com" } },
        ],
      }),
    },
    foundBy: "W3037",
  },
  {
    what: "a function whose variable's name begins with a digit",
    type: "aws_lambda_function",
    args: {
      function_name: "announce",
      role: `${account}:role/announce`,
      runtime: "nodejs22.x",
      handler: "index.handler",
      s3_bucket: "releases",
      s3_key: "announce.zip",
      environment: [{ variables: { "1_CLUSTER": "dev" } }],
    },
    foundBy: "CreateFunction-pattern",
  },
  {
    what: "a record of type A that holds a name",
    type: "aws_route53_record",
    args: {
      zone_id: "Z0123456789ABCDEFGHIJ",
      name: "web.example.org",
      type: "A",
      ttl: 60,
      records: ["host.example.org"],
    },
    foundBy: "E3023",
  },
  {
    what: "a runtime that Lambda retired",
    type: "aws_lambda_function",
    args: {
      function_name: "old",
      role: `${account}:role/old`,
      runtime: "nodejs14.x",
      handler: "index.handler",
      s3_bucket: "releases",
      s3_key: "old.zip",
    },
    foundBy: "E2531",
  },
  {
    what: "a policy with a description of more than a thousand letters",
    type: "aws_iam_policy",
    args: {
      name: "wordy",
      description: "a".repeat(1001),
      policy: policy({ Action: "s3:ListAllMyBuckets" }),
    },
    foundBy: "CreatePolicy-max",
  },
  {
    what: "a trust policy with a resource",
    type: "aws_iam_role",
    args: {
      name: "resourceful",
      assume_role_policy: policy({
        Action: "sts:AssumeRole",
        Principal: { Service: "ec2.amazonaws.com" },
      }),
    },
    foundBy: "E3530",
  },
  {
    what: "a policy without a resource",
    type: "aws_iam_role_policy",
    args: {
      name: "no-resource",
      role: "web",
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "s3:ListAllMyBuckets" }],
      }),
    },
    foundBy: "MALFORMED",
  },
  {
    what: "a policy whose version is a day that AWS has none of",
    type: "aws_iam_role_policy",
    args: {
      name: "no-version",
      role: "web",
      policy: JSON.stringify({
        Version: "2012-10-18",
        Statement: [{ Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" }],
      }),
    },
    foundBy: "E3510",
  },
];
