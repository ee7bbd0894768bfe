import { Problem } from "../../lib/problem.ts";
import { sdkBounds } from "./sdk-bounds.ts";

/** The answer that a hook of an Auto Scaling group waits for. */
export interface HookAnswer {
  readonly group: string;
  readonly hook: string;
  /** EC2's id of the instance. */
  readonly instance: string;
  readonly result: "CONTINUE" | "ABANDON";
}

/**
 * Answers a hook.
 *
 * @returns false where the hook does not wait for this instance, or no longer.
 * @throws Problem for any other refusal.
 */
export async function completeHook(
  { group, hook, instance, result }: HookAnswer,
  bounds = sdkBounds,
) {
  const sdk = await import("@aws-sdk/client-auto-scaling");
  const command = new sdk.CompleteLifecycleActionCommand({
    AutoScalingGroupName: group,
    LifecycleHookName: hook,
    InstanceId: instance,
    LifecycleActionResult: result,
  });
  try {
    await new sdk.AutoScalingClient(bounds).send(command);
    return true;
  } catch (cause) {
    const { name, message } = cause as Error;
    if (/No active Lifecycle Action/i.test(message)) return false;
    throw new Problem({
      happened: `the hook ${hook} of ${group} did not take ${result}: ${name}: ${message}`,
      unchanged: "every process goes on",
      next: "see whether the instance's role may do autoscaling:CompleteLifecycleAction",
    });
  }
}
