import type { Statement } from "../../iam/index.ts";
import { stateKey } from "../names.ts";
import { writeRoles } from "./bounded-roles.ts";
import { writeNamed } from "./named-resources.ts";
import type { ClusterWritesProps } from "./props.ts";

/** What an apply changes of one cluster: its state, and what is called `<cluster>-…`. */
export function clusterWrites(props: ClusterWritesProps): Statement[] {
  return [writeState(props), ...writeRoles(props), ...writeNamed(props)];
}

/** The state of the cluster's stacks, and their locks. The account's own is an administrator's. */
function writeState({ cluster, stateBucketArn }: ClusterWritesProps): Statement {
  return {
    sid: "WriteState",
    actions: ["s3:PutObject", "s3:DeleteObject"],
    resources: [cluster, `${cluster}-config`].flatMap((stack) => [
      `${stateBucketArn}/${stateKey(stack)}`,
      `${stateBucketArn}/${stateKey(stack)}.tflock`,
    ]),
  };
}
