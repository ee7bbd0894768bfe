import { archive, bounded, forbid, managementToken, role, secretOf } from "./cell.ts";

/** Anyone who opens a pull request has a plan's rights. */
export const plan = forbid("plan", [
  {
    actions: ["secretsmanager:GetSecretValue"],
    on: secretOf("web"),
    why: "anyone who opens a pull request would read it",
  },
  {
    actions: ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
    on: managementToken,
    why: "it is the token that may do everything in Consul",
  },
  { actions: ["s3:GetObject"], on: archive("web"), why: "releases are their repositories'" },
  {
    actions: ["sqs:ReceiveMessage"],
    on: "arn:aws:sqs:{region}:{account}:{cluster}-announce",
    why: "a message that is read is hidden from announce",
  },
  {
    actions: ["logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery"],
    on: "arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{cluster}-announce:*",
    why: "logs are contents",
  },
  {
    actions: ["ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot", "ec2:GetPasswordData"],
    on: "arn:aws:ec2:{region}:{account}:instance/i-0",
    why: "what a machine prints is contents",
  },
  {
    actions: ["s3:PutObject", "s3:DeleteObject"],
    on: "arn:aws:s3:::{state}/{cluster}.tfstate",
    why: "a plan changes nothing; a branch could write a state that a later apply believes",
  },
  {
    actions: [
      "iam:PassRole",
      "iam:CreateRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:CreateAccessKey",
    ],
    on: role("{cluster}-web"),
    context: bounded,
    why: "a plan changes nothing",
  },
  { actions: ["sts:AssumeRole"], on: role("shoestring-apply"), why: "a branch would apply" },
  {
    actions: ["iam:GetAccountAuthorizationDetails", "iam:ListUsers", "iam:ListAccessKeys"],
    on: "*",
    why: "it maps the account for whoever opens a pull request",
  },
  {
    actions: ["kms:Decrypt", "kms:GenerateDataKey"],
    on: "arn:aws:kms:{region}:{account}:key/0",
    why: "contents",
  },
  {
    actions: ["ec2:RunInstances", "lambda:InvokeFunction", "ssm:SendCommand"],
    on: "*",
    why: "a plan runs nothing",
  },
]);
