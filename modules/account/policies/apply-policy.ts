import type { Statement } from "../../iam/index.ts";
import { stateKey } from "../names.ts";
import { boundedRoles } from "./bounded-roles.ts";
import { namedResources } from "./named-resources.ts";
import type { ApplyPolicyProps } from "./props.ts";

/** What an apply changes of one cluster: its state, and what is called `<cluster>-…`. */
export function applyPolicy(props: ApplyPolicyProps): Statement[] {
  return [writeState(props), ...boundedRoles(props), ...namedResources(props)];
}

/** The state of the cluster's stacks, and their locks. The account's own is an administrator's. */
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
