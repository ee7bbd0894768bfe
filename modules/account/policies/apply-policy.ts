import type { Statement } from "../../iam/index.ts";
import { stateKey } from "../names.ts";
import { boundedRoles } from "./bounded-roles.ts";
import { namedResources } from "./named-resources.ts";

export interface ApplyPolicyProps {
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  readonly stateBucketArn: string;
  readonly boundaryArn: string;
}

/** What an apply may change of one cluster: its state, and what is called `<cluster>-…`. */
export function applyPolicy(props: ApplyPolicyProps): Statement[] {
  return [writeState(props), ...fillIn([...boundedRoles, ...namedResources], props)];
}

/** Statements with the values of `{account}`, `{region}`, `{cluster}` and `{boundaryArn}`. */
function fillIn(statements: readonly Statement[], props: ApplyPolicyProps): Statement[] {
  const filled = JSON.stringify(statements).replaceAll(
    /\{(account|region|cluster|boundaryArn)\}/g,
    (_, name: "account" | "region" | "cluster" | "boundaryArn") => props[name],
  );
  return JSON.parse(filled) as Statement[];
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
