import type { Http } from "../../lib/http.ts";
import type { AgentFile } from "../../protocol/agent-file.ts";
import type { Group } from "../core/effects.ts";
import type { HookAnswer, WaitingHook } from "./lifecycle-hook.ts";
import { instanceMetadata } from "./metadata.ts";

/**
 * The instance's group, from the instance metadata service and Auto Scaling.
 *
 * @param hooks send an answer or a heartbeat to a hook, each in a process of its own.
 */
export function scalingGroup(
  { instance, lifecycle }: AgentFile,
  http: Http,
  hooks: {
    complete(answer: HookAnswer): Promise<boolean>;
    extend(waiting: WaitingHook): Promise<boolean>;
  },
): Group {
  // The variable is the AWS SDK's own, so that both ask the same service.
  const metadata = instanceMetadata(http, process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT);
  const ofHook = (hook: string) => ({ group: lifecycle?.group ?? "", hook, instance });
  return {
    targetState: () => metadata.get("autoscaling/target-lifecycle-state"),
    spotNotice: () => metadata.get("spot/instance-action"),
    complete: (hook, result) => hooks.complete({ ...ofHook(hook), result }),
    extend: (hook) => hooks.extend(ofHook(hook)),
  };
}
