import { Problem } from "../../lib/problem.ts";
import { sdkBounds } from "./sdk-bounds.ts";

/** A hook of an Auto Scaling group that waits for an instance. */
export interface WaitingHook {
  readonly group: string;
  readonly hook: string;
  /** EC2's id of the instance. */
  readonly instance: string;
}

/** The answer that it waits for. */
export interface HookAnswer extends WaitingHook {
  readonly result: "CONTINUE" | "ABANDON";
}

/**
 * Answers a hook.
 *
 * @returns false where the hook does not wait for this instance, or no longer.
 * @throws Problem for any other refusal.
 */
export async function completeHook(answer: HookAnswer, bounds = sdkBounds): Promise<boolean> {
  const sdk = await import("@aws-sdk/client-auto-scaling");
  const command = new sdk.CompleteLifecycleActionCommand({
    ...parameters(answer),
    LifecycleActionResult: answer.result,
  });
  const client = new sdk.AutoScalingClient(bounds);
  return tell(answer, answer.result, "CompleteLifecycleAction", () => client.send(command));
}

/**
 * Lets a hook begin its time anew, which AWS allows for 48 hours in all.
 *
 * @returns false where the hook does not wait for this instance, or no longer.
 * @throws Problem for any other refusal.
 */
export async function extendHook(waiting: WaitingHook, bounds = sdkBounds): Promise<boolean> {
  const sdk = await import("@aws-sdk/client-auto-scaling");
  const command = new sdk.RecordLifecycleActionHeartbeatCommand(parameters(waiting));
  const client = new sdk.AutoScalingClient(bounds);
  return tell(waiting, "a heartbeat", "RecordLifecycleActionHeartbeat", () => client.send(command));
}

const parameters = ({ group, hook, instance }: WaitingHook) => ({
  AutoScalingGroupName: group,
  LifecycleHookName: hook,
  InstanceId: instance,
});

async function tell(
  { group, hook }: WaitingHook,
  what: string,
  action: string,
  send: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (cause) {
    const { name, message } = cause as Error;
    if (/No active Lifecycle Action/i.test(message)) return false;
    throw new Problem({
      happened: `the hook ${hook} of ${group} did not take ${what}: ${name}: ${message}`,
      unchanged: "every process goes on",
      next: `see whether the instance's role may do autoscaling:${action}`,
    });
  }
}
