import type { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { AutoscalingLifecycleHook } from "@cdktf/provider-aws/lib/autoscaling-lifecycle-hook/index.js";
import type { Construct } from "constructs";
import type { Lifecycle } from "./lifecycle.ts";

/** Hooks that wait for an instance's agent, when it is launched and when it is terminated. */
export const hooksOf = (lifecycle: Lifecycle) => [
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
];

/**
 * The hooks of a group as resources of their own. They have the names of those that the group was
 * made with: each puts its times over the ones there, and no change of a time touches the group.
 */
export function lifecycleHooks(
  scope: Construct,
  instances: AutoscalingGroup,
  lifecycle: Lifecycle,
): void {
  for (const hook of hooksOf(lifecycle)) {
    new AutoscalingLifecycleHook(scope, `${hook.name}-hook`, {
      ...hook,
      autoscalingGroupName: instances.name,
    });
  }
}
