import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import type { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import type { Construct } from "constructs";
import { groupTags } from "../shared/tags.ts";
import { lifecycleOf } from "./lifecycle.ts";
import { hooksOf, lifecycleHooks } from "./lifecycle-hooks.ts";
import type { AllProps } from "./props.ts";
import { scaleOnCpu } from "./scaling.ts";
import { scheduleLimits } from "./schedule.ts";

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
  const isScheduled = Object.keys(props.schedule).length > 0;
  const instances = new AutoscalingGroup(scope, "resource", {
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
              onDemandBaseCapacity: props.onDemandBase ?? min,
              onDemandPercentageAboveBaseCapacity: 100 - spotPercent,
              onDemandAllocationStrategy: "prioritized",
              spotAllocationStrategy: "price-capacity-optimized",
            },
          },
        }
      : { launchTemplate: { id: template.id, version } }),
    // So that the first instances have hooks, too. AWS replaces the whole group for any change of
    // these; `lifecycleHooks` changes their times in place.
    initialLifecycleHook: hooksOf(lifecycle),
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
    // Scaling changes the capacity at run time (rule 12: Terraform never fights the agent), and a
    // schedule the limits: an apply at night must not wake what sleeps.
    lifecycle: {
      ignoreChanges: [
        "desired_capacity",
        "initial_lifecycle_hook",
        ...(isScheduled ? ["min_size", "max_size"] : []),
      ],
    },
    ...(props.dependsOn.length > 0 ? { dependsOn: [...props.dependsOn] } : {}),
  });
  lifecycleHooks(scope, instances, lifecycle);
  scaleOnCpu(scope, instances, props);
  scheduleLimits(scope, instances, props);
  return instances;
}
