import type { Http } from "../../lib/http.ts";
import type { AgentFile } from "../../protocol/agent-file.ts";
import type { Group } from "../core/effects.ts";
import type { HookAnswer } from "./lifecycle-hook.ts";
import { instanceMetadata } from "./metadata.ts";

/**
 * The instance's group, from the instance metadata service and Auto Scaling.
 *
 * @param complete sends a hook's answer in a process of its own.
 */
export function scalingGroup(
  { instance, lifecycle }: AgentFile,
  http: Http,
  complete: (answer: HookAnswer) => Promise<boolean>,
): Group {
  // The variable is the AWS SDK's own, so that both ask the same service.
  const metadata = instanceMetadata(http, process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT);
  return {
    targetState: () => metadata.get("autoscaling/target-lifecycle-state"),
    spotNotice: () => metadata.get("spot/instance-action"),
    complete: (hook, result) => complete({ group: lifecycle?.group ?? "", hook, instance, result }),
  };
}
