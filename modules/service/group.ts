import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import type { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import type { Construct } from "constructs";
import { groupTags } from "../shared/tags.ts";
import { lifecycleOf } from "./lifecycle.ts";
import type { AllProps } from "./props.ts";

/**
 * The Auto Scaling group. `targetGroupArns` is read at synthesis, so that a load balancer may be
 * added after the construct is made.
 */
export function group(
  scope: Construct,
  props: AllProps,
  template: LaunchTemplate,
  targetGroupArns: string[],
): AutoscalingGroup {
  const { name, service, colocatedServices, min, max, instanceTypes, spotPercent } = props;
  // By its number: with "$Latest" the group would not see a change, and no refresh would begin.
  const version = `\${${template.fqn}.latest_version}`;
  const isMixed = instanceTypes.length > 1 || spotPercent > 0;
  const lifecycle = lifecycleOf([service, ...colocatedServices]);
  return new AutoscalingGroup(scope, "resource", {
    name,
    minSize: min,
    maxSize: max,
    desiredCapacity: min,
    vpcZoneIdentifier: [...props.subnetIds],
    targetGroupArns,
    // Not ELB: an instance of a service that was never deployed does not answer, and one whose
    // processes fail would fail again on a new machine. The alarms report both.
    healthCheckType: "EC2",
    healthCheckGracePeriod: 60,
    defaultInstanceWarmup: 30,
    // An apply does not wait for instances: the health checks decide whether they serve.
    waitForCapacityTimeout: "0",
    terminationPolicies: ["OldestLaunchTemplate", "OldestInstance"],
    enabledMetrics: ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupTotalInstances"],
    ...(isMixed
      ? {
          capacityRebalance: spotPercent > 0,
          mixedInstancesPolicy: {
            launchTemplate: {
              launchTemplateSpecification: { launchTemplateId: template.id, version },
              override: instanceTypes.map((instanceType) => ({ instanceType })),
            },
            instancesDistribution: {
              onDemandBaseCapacity: min,
              onDemandPercentageAboveBaseCapacity: 100 - spotPercent,
              onDemandAllocationStrategy: "prioritized",
              spotAllocationStrategy: "price-capacity-optimized",
            },
          },
        }
      : { launchTemplate: { id: template.id, version } }),
    initialLifecycleHook: [
      {
        name: lifecycle.launchHook,
        lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        heartbeatTimeout: lifecycle.launchSeconds,
        // An instance whose processes do not serve is not capacity: a refresh that counted it would
        // terminate good ones for it. The agent sends CONTINUE once they serve.
        defaultResult: "ABANDON",
      },
      {
        name: lifecycle.terminateHook,
        lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
        heartbeatTimeout: lifecycle.leaveSeconds,
        defaultResult: "CONTINUE",
      },
    ],
    // A changed launch template replaces the instances one by one, the new one first.
    instanceRefresh: {
      strategy: "Rolling",
      preferences: {
        minHealthyPercentage: 100,
        maxHealthyPercentage: 110,
        skipMatching: true,
        // No autoRollback: AWS rolls no refresh back whose template names its image by a parameter.
        // The launch hook's ABANDON is the guard: while new instances fail, no old one is terminated.
      },
    },
    tag: groupTags(name, service.cluster),
    // Scaling changes it at run time (rule 12: Terraform never fights the agent).
    lifecycle: { ignoreChanges: ["desired_capacity"] },
    ...(props.dependsOn.length > 0 ? { dependsOn: [...props.dependsOn] } : {}),
  });
}
