import { AppautoscalingPolicy } from "@cdktf/provider-aws/lib/appautoscaling-policy/index.js";
import { AppautoscalingTarget } from "@cdktf/provider-aws/lib/appautoscaling-target/index.js";
import type { Construct } from "constructs";

export interface ScalingProps {
  readonly name: string;
  /** `service/<ECS cluster>/<ECS service>`. */
  readonly resourceId: string;
  readonly minTasks: number;
  readonly maxTasks: number;
  readonly cpuTargetPercent: number;
}

/** Keeps the tasks' CPU near its target: scales out fast and in slowly. */
export function scaling(scope: Construct, props: ScalingProps): void {
  const target = new AppautoscalingTarget(scope, "scaling-target", {
    serviceNamespace: "ecs",
    scalableDimension: "ecs:service:DesiredCount",
    resourceId: props.resourceId,
    minCapacity: props.minTasks,
    maxCapacity: props.maxTasks,
  });
  new AppautoscalingPolicy(scope, "scaling-policy", {
    name: `${props.name}-cpu`,
    policyType: "TargetTrackingScaling",
    serviceNamespace: target.serviceNamespace,
    scalableDimension: target.scalableDimension,
    resourceId: target.resourceId,
    targetTrackingScalingPolicyConfiguration: {
      predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      targetValue: props.cpuTargetPercent,
      scaleOutCooldown: 60,
      scaleInCooldown: 300,
    },
  });
}
