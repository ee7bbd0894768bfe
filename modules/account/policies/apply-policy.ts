import type { Statement } from "../../iam/index.ts";
import { stateKey } from "../names.ts";
import { boundedRoles } from "./bounded-roles.ts";
import { namedResources } from "./named-resources.ts";
import type { ApplyPolicyProps } from "./props.ts";

/** The rights of an apply on one cluster: its state, and the resources named `<cluster>-…`. */
export function applyPolicy(props: ApplyPolicyProps): Statement[] {
  return [writeState(props), ...boundedRoles(props), ...namedResources(props)];
}

/** The state and locks of the cluster's stacks. Only an administrator writes the account's own. */
function writeState({ cluster, stateBucketArn }: ApplyPolicyProps): Statement {
  return {
    sid: "WriteState",
    actions: ["s3:PutObject", "s3:DeleteObject"],
    resources: [cluster, `${cluster}-config`].flatMap((stack) => [
      `${stateBucketArn}/${stateKey(stack)}`,
      `${stateBucketArn}/${stateKey(stack)}.tflock`,
    ]),
  };
}
