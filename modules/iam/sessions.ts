import type { Statement } from "./roles.ts";

/**
 * What the SSM agent of an instance needs so that people can open a session on it: it says that it is there,
 * and keeps two channels open. Who may open one is another right, and no role here has it.
 *
 * @param here region and account of the instance, like `eu-central-1:123456789012`.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 */
export const sessionStatements = (here: string): readonly Statement[] => [
  {
    sid: "SayThatItIsThere",
    actions: ["ssm:UpdateInstanceInformation"],
    resources: [`arn:aws:ec2:${here}:instance/*`],
  },
  {
    sid: "HoldSessions",
    actions: [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ],
    // These actions name no resource.
    resources: ["*"],
  },
];
