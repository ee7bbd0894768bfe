import type { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { AutoscalingPolicy } from "@cdktf/provider-aws/lib/autoscaling-policy/index.js";
import type { ITerraformDependable } from "cdktf";
import type { Construct, Node } from "constructs";
import type { ScalingSpec } from "../spec/cluster.ts";

interface Scaled {
  readonly scaling?: ScalingSpec;
}

/** Keeps the processors' use near its target, where the service has one. */
export function scaleOnCpu(scope: Construct, group: AutoscalingGroup, { scaling }: Scaled): void {
  const { cpuPercent } = scaling ?? {};
  if (cpuPercent === undefined) return;
  new AutoscalingPolicy(scope, "scaling-cpu", {
    name: "cpu",
    autoscalingGroupName: group.name,
    policyType: "TargetTrackingScaling",
    targetTrackingConfiguration: {
      targetValue: cpuPercent,
      predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
    },
  });
}

const requestsId = (attachment: string | undefined) =>
  attachment === undefined ? "requests" : `requests-${attachment}`;

export interface Requests extends Scaled {
  /** The attachment's name, where it is not that to the shared load balancer. */
  readonly attachment: string | undefined;
  /** What CloudWatch calls the load balancer and the target group, with a slash between. */
  readonly metric: string;
  /** The rule that puts the target group behind the load balancer. */
  readonly rule: ITerraformDependable;
}

/** Keeps the requests of each instance near their target, where the service has one. */
export function scaleOnRequests(scope: Construct, group: AutoscalingGroup, of: Requests): void {
  const { requestsPerMinute } = of.scaling ?? {};
  if (requestsPerMinute === undefined) return;
  const id = requestsId(of.attachment);
  new AutoscalingPolicy(scope, `scaling-${id}`, {
    name: id,
    autoscalingGroupName: group.name,
    policyType: "TargetTrackingScaling",
    targetTrackingConfiguration: {
      targetValue: requestsPerMinute,
      predefinedMetricSpecification: {
        predefinedMetricType: "ALBRequestCountPerTarget",
        resourceLabel: of.metric,
      },
    },
    // Auto Scaling refuses the metric of a target group that no rule leads to.
    dependsOn: [of.rule],
  });
}

/** What the synth refuses where requests are to be counted and none arrive. */
export const unmetScaling = ({ children }: Node, { scaling }: Scaled): string[] =>
  scaling?.requestsPerMinute === undefined ||
  children.some(({ node }) => node.id.startsWith("scaling-requests"))
    ? []
    : ["scaling.requestsPerMinute needs a service that gets requests; good: cpuPercent, like 60"];
