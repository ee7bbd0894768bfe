import {
  linkedRole,
  type OtherCall,
  ownArn,
  type Place,
  passRole,
  type Rows,
  row,
  type Values,
} from "./resource-type.ts";

const group = (name: string, { region, account }: Place) =>
  `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:0:autoScalingGroupName/${name}`;

/** The launch templates of a group, as the state has them. */
function templatesOf(it: Values, { resources }: Place): readonly Values[] {
  const text = JSON.stringify([it.launch_template, it.mixed_instances_policy]);
  return resources
    .filter(({ type, values }) => type === "aws_launch_template" && text.includes(values.id))
    .map(({ values }) => values);
}

/**
 * Whoever makes a group needs what its launches need, and AWS tries: the image's parameter, the instances'
 * role, an instance with its tags.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
 */
function launches(it: Values, place: Place): readonly OtherCall[] {
  const { region, account, resources } = place;
  const verb = "create";
  return templatesOf(it, place).flatMap((template): OtherCall[] => {
    const [profile] = template.iam_instance_profile as { arn: string }[];
    const role = resources.find(
      ({ type, values }) => type === "aws_iam_instance_profile" && values.arn === profile?.arn,
    )?.values.role;
    const parameter = /^resolve:ssm:([^:]+)/.exec(template.image_id)?.[1];
    const instance = `arn:aws:ec2:${region}:${account}:instance/*`;
    return [
      { verb, action: "ec2:RunInstances", resource: instance },
      { verb, action: "ec2:CreateTags", resource: instance },
      passRole(verb, `arn:aws:iam::${account}:role/${role}`, "ec2"),
      ...(parameter === undefined ? [] : [readsImage(parameter, place)]),
    ];
  });
}

const readsImage = (parameter: string, { region, account }: Place): OtherCall => ({
  verb: "create",
  action: "ssm:GetParameters",
  resource: `arn:aws:ssm:${region}:${account}:parameter${parameter}`,
});

const mapping = (it: Values) => ({ "lambda:FunctionArn": it.function_arn as string });

export const compute: Rows = {
  aws_launch_template: row({
    on: ownArn,
    create: ["ec2:CreateLaunchTemplate"],
    update: ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
    delete: ["ec2:DeleteLaunchTemplate"],
    tags: ["ec2:CreateTags", "ec2:DeleteTags"],
    list: ["ec2:DescribeLaunchTemplates *", "ec2:DescribeLaunchTemplateVersions *"],
  }),
  aws_autoscaling_group: row({
    on: ownArn,
    create: ["autoscaling:CreateAutoScalingGroup"],
    update: [
      "autoscaling:UpdateAutoScalingGroup",
      "autoscaling:StartInstanceRefresh",
      "autoscaling:CancelInstanceRefresh",
      "autoscaling:AttachTrafficSources",
      "autoscaling:DetachTrafficSources",
    ],
    // Before the group its instances go, also those that a scale-in would spare.
    delete: ["autoscaling:DeleteAutoScalingGroup", "autoscaling:SetInstanceProtection"],
    tags: ["autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"],
    list: [
      "autoscaling:DescribeAutoScalingGroups *",
      "autoscaling:DescribeInstanceRefreshes *",
      "autoscaling:DescribeScalingActivities *",
      "autoscaling:DescribeTrafficSources *",
      "autoscaling:DescribeWarmPool *",
      "elasticloadbalancing:DescribeTargetHealth *",
    ],
    also: (it, place) => [linkedRole("autoscaling", place), ...launches(it, place)],
  }),
  aws_autoscaling_lifecycle_hook: row({
    on: (it, place) => group(it.autoscaling_group_name, place),
    create: ["autoscaling:PutLifecycleHook"],
    update: ["autoscaling:PutLifecycleHook"],
    delete: ["autoscaling:DeleteLifecycleHook"],
    list: ["autoscaling:DescribeLifecycleHooks *"],
  }),
  aws_autoscaling_policy: row({
    on: (it, place) => group(it.autoscaling_group_name, place),
    // Auto Scaling's own role makes the alarms of a policy.
    create: ["autoscaling:PutScalingPolicy"],
    update: ["autoscaling:PutScalingPolicy"],
    delete: ["autoscaling:DeletePolicy"],
    list: ["autoscaling:DescribePolicies *"],
    example: { autoscaling_group_name: "production-api" },
  }),
  aws_autoscaling_schedule: row({
    on: (it, place) => group(it.autoscaling_group_name, place),
    create: ["autoscaling:PutScheduledUpdateGroupAction"],
    update: ["autoscaling:PutScheduledUpdateGroupAction"],
    delete: ["autoscaling:DeleteScheduledAction"],
    list: ["autoscaling:DescribeScheduledActions *"],
    example: { autoscaling_group_name: "production-api" },
  }),
  aws_lambda_function: row({
    on: ownArn,
    create: ["lambda:CreateFunction"],
    read: [
      "lambda:GetFunction",
      "lambda:GetFunctionCodeSigningConfig",
      "lambda:ListVersionsByFunction",
      "lambda:ListTags",
    ],
    update: [
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
      "lambda:DeleteFunctionConcurrency",
    ],
    delete: ["lambda:DeleteFunction"],
    tags: ["lambda:TagResource", "lambda:UntagResource"],
    list: ["ec2:DescribeSubnets *", "ec2:DescribeVpcs *", "ec2:DescribeNetworkInterfaces *"],
    also: (it) => [passRole("create", it.role, "lambda")],
  }),
  aws_lambda_event_source_mapping: row({
    on: ownArn,
    context: mapping,
    create: ["lambda:CreateEventSourceMapping *"],
    read: ["lambda:GetEventSourceMapping", "lambda:ListTags"],
    update: ["lambda:UpdateEventSourceMapping"],
    delete: ["lambda:DeleteEventSourceMapping"],
    tags: ["lambda:TagResource", "lambda:UntagResource"],
  }),
};
