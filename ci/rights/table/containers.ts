import { linkedRole, ownArn, passRole, type Rows, row } from "./resource-type.ts";

// No cluster has a service on Fargate; these are what the module would make in `production`.
const ecs = "arn:aws:ecs:eu-central-1:111111111111";
const tags = ["ecs:TagResource", "ecs:UntagResource"];
const scalable = "arn:aws:application-autoscaling:eu-central-1:111111111111:scalable-target/0";

export const containers: Rows = {
  aws_ecs_cluster: row({
    on: ownArn,
    create: ["ecs:CreateCluster"],
    read: ["ecs:DescribeClusters", "ecs:ListTagsForResource"],
    update: ["ecs:UpdateCluster", "ecs:UpdateClusterSettings"],
    delete: ["ecs:DeleteCluster"],
    tags,
    also: (_, place) => [linkedRole("ecs", place)],
    example: { arn: `${ecs}:cluster/production-pad` },
  }),
  aws_ecs_service: row({
    on: ownArn,
    create: ["ecs:CreateService"],
    read: ["ecs:DescribeServices", "ecs:ListTagsForResource"],
    update: ["ecs:UpdateService"],
    delete: ["ecs:DeleteService"],
    tags,
    example: { arn: `${ecs}:service/production-pad/production-pad` },
  }),
  aws_ecs_task_definition: row({
    on: ownArn,
    create: ["ecs:RegisterTaskDefinition"],
    read: ["ecs:ListTagsForResource"],
    delete: ["ecs:DeregisterTaskDefinition *"],
    tags,
    list: ["ecs:DescribeTaskDefinition *"],
    also: (it) => [
      passRole("create", it.task_role_arn, "ecs-tasks"),
      passRole("create", it.execution_role_arn, "ecs-tasks"),
    ],
    example: {
      arn: `${ecs}:task-definition/production-pad:1`,
      task_role_arn: "arn:aws:iam::111111111111:role/production-pad-task",
      execution_role_arn: "arn:aws:iam::111111111111:role/production-pad-execution",
    },
  }),
  aws_appautoscaling_target: row({
    on: ownArn,
    create: ["application-autoscaling:RegisterScalableTarget"],
    read: ["application-autoscaling:ListTagsForResource"],
    update: ["application-autoscaling:RegisterScalableTarget"],
    delete: ["application-autoscaling:DeregisterScalableTarget"],
    tags: ["application-autoscaling:TagResource", "application-autoscaling:UntagResource"],
    list: ["application-autoscaling:DescribeScalableTargets *"],
    also: (_, place) => [linkedRole("ecs.application-autoscaling", place)],
    example: { arn: scalable },
  }),
  aws_appautoscaling_policy: row({
    on: ownArn,
    create: ["application-autoscaling:PutScalingPolicy"],
    update: ["application-autoscaling:PutScalingPolicy"],
    delete: ["application-autoscaling:DeleteScalingPolicy"],
    list: ["application-autoscaling:DescribeScalingPolicies *"],
    example: { arn: scalable },
  }),
};
