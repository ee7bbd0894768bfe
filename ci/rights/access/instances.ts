import { archive, bounded, forbid, managementToken, parameter, role, secretOf } from "./cell.ts";

const group = (name: string) =>
  `arn:aws:autoscaling:{region}:{account}:autoScalingGroup:0:autoScalingGroupName/${name}`;

/** A service that is taken over has an instance's rights. */
export const instances = forbid("instance", [
  {
    actions: ["ssm:GetParameter"],
    on: parameter("/shoestring/{cluster}/somebody-else/consul-token"),
    why: "a service never reads its neighbour's secrets",
  },
  {
    actions: ["ssm:GetParameter"],
    on: parameter("/shoestring/elsewhere/{service}/consul-token"),
    why: "clusters share nothing",
  },
  {
    actions: ["ssm:GetParameter"],
    on: managementToken,
    why: "it is the token that may do everything in Consul",
  },
  {
    actions: ["ssm:PutParameter"],
    on: parameter("/shoestring/{cluster}/{service}/consul-token"),
    why: "an instance reads",
  },
  {
    actions: ["secretsmanager:GetSecretValue"],
    on: secretOf("somebody-else"),
    why: "a service never reads its neighbour's secrets",
  },
  {
    actions: ["secretsmanager:GetSecretValue"],
    on: "arn:aws:secretsmanager:{region}:{account}:secret:rds!db-0-AbCdEf",
    why: "a service has a user of its own in the database",
  },
  {
    actions: ["s3:GetObjectVersion"],
    on: archive("somebody-else"),
    why: "a release may carry what its team alone may see",
  },
  {
    actions: ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectTagging"],
    on: archive("{service}"),
    why: "a service that is taken over must not write the next release",
  },
  {
    actions: ["s3:GetObject"],
    on: "arn:aws:s3:::{state}/{cluster}.tfstate",
    why: "state tells how everything is set up",
  },
  {
    actions: ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
    on: group("{cluster}-somebody-else"),
    why: "an instance answers for its own group",
  },
  {
    actions: ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
    on: group("{role}"),
    why: "one instance would end its peers",
  },
  {
    actions: ["ssm:StartSession", "ssm:SendCommand"],
    on: "*",
    why: "an instance is visited, and visits none",
  },
  {
    actions: ["iam:CreateRole", "iam:PassRole"],
    on: role("{cluster}-web"),
    context: bounded,
    why: "no role widens rights",
  },
  { actions: ["sts:AssumeRole"], on: role("shoestring-apply"), why: "no role takes on another" },
  {
    actions: ["sqs:SendMessage"],
    on: "arn:aws:sqs:{region}:{account}:{cluster}-announce",
    why: "an invented message is a deploy",
  },
  {
    actions: ["ec2:RunInstances", "ec2:DescribeInstances"],
    on: "*",
    why: "it needs to know of no other machine",
  },
]);
