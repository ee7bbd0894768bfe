import type { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { AutoscalingSchedule } from "@cdktf/provider-aws/lib/autoscaling-schedule/index.js";
import type { Construct } from "constructs";
import type { AllProps } from "./props.ts";

/** The provider's word for a number that an action leaves as it is. */
const unchanged = -1;

/** An action at the begin of each schedule, and one at its end that puts the group's limits back. */
export function scheduleLimits(
  scope: Construct,
  group: AutoscalingGroup,
  { schedule, scaling, service, ...usual }: AllProps,
): void {
  const timeZone = service.timeZone ?? "Etc/UTC";
  const action = (name: string, recurrence: string, { min, max }: Limits) =>
    new AutoscalingSchedule(scope, `schedule-${name}`, {
      scheduledActionName: name,
      autoscalingGroupName: group.name,
      recurrence,
      timeZone,
      minSize: min,
      maxSize: max,
      // What follows a metric finds its number itself; else nobody would lower it again.
      desiredCapacity: scaling === undefined ? min : unchanged,
    });
  for (const [name, { from, until, min = usual.min, max = usual.max }] of Object.entries(
    schedule,
  )) {
    action(`${name}-begins`, from, { min, max });
    action(`${name}-ends`, until, usual);
  }
}

interface Limits {
  readonly min: number;
  readonly max: number;
}
