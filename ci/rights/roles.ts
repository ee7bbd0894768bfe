import type { Applied, AppliedResource } from "../../terraform/terraform.ts";
import type { Caller } from "./policy/decide.ts";
import { type Policy, parsePolicy } from "./policy/document.ts";

/** An account's stack and the clusters' stacks, after an apply, by the stack's name. */
export type AppliedStacks = ReadonlyMap<string, Applied>;

/** A role with everything that IAM looks at when it asks for something. */
export interface Role extends Caller {
  readonly name: string;
  readonly stack: string;
  /** Who may take it on. */
  readonly trust: Policy;
}

const managed = (stacks: AppliedStacks, type: string) =>
  [...stacks].flatMap(([stack, { resources }]) =>
    resources
      .filter((it) => it.mode === "managed" && it.type === type)
      .map((it): AppliedResource & { stack: string } => ({ ...it, stack })),
  );

/**
 * Reads every role of the stacks, by name.
 *
 * @throws Error where a role has a boundary or a policy that no stack makes.
 */
export function rolesOf(stacks: AppliedStacks): ReadonlyMap<string, Role> {
  const policies = new Map(
    managed(stacks, "aws_iam_policy").map(({ values: { arn, name, policy } }) => [
      arn as string,
      parsePolicy(name, policy),
    ]),
  );
  const policyAt = (arn: string): Policy => {
    const found = policies.get(arn);
    if (!found) throw new Error(`no stack makes the policy ${arn}`);
    return found;
  };
  const inline = managed(stacks, "aws_iam_role_policy");
  const attached = managed(stacks, "aws_iam_role_policy_attachment");
  const roles = managed(stacks, "aws_iam_role").map(({ stack, values }): Role => {
    const { name, arn, permissions_boundary: boundary, assume_role_policy: trust } = values;
    const ofRole = (it: AppliedResource) => it.values.role === name;
    return {
      kind: "AWS",
      id: arn,
      name,
      stack,
      trust: parsePolicy(`trust of ${name}`, trust),
      policies: [
        ...inline.filter(ofRole).map((it) => parsePolicy(it.values.name, it.values.policy)),
        ...attached.filter(ofRole).map((it) => policyAt(it.values.policy_arn)),
      ],
      ...(boundary ? { boundary: policyAt(boundary) } : {}),
    };
  });
  return new Map(roles.map((it) => [it.name, it]));
}

/** The policies of buckets and queues, by the ARN of the bucket or the queue. */
export function resourcePolicies(stacks: AppliedStacks): ReadonlyMap<string, Policy> {
  const queues = new Map(
    managed(stacks, "aws_sqs_queue").map(({ values }) => [values.url ?? values.id, values.arn]),
  );
  const of = (arn: string, policy: string) =>
    [arn, parsePolicy(`policy of ${arn}`, policy)] as const;
  return new Map([
    ...managed(stacks, "aws_s3_bucket_policy").map(({ values: { bucket, policy } }) =>
      of(`arn:aws:s3:::${bucket}`, policy),
    ),
    ...managed(stacks, "aws_sqs_queue_policy").map(({ values: { queue_url: url, policy } }) =>
      of(queues.get(url) as string, policy),
    ),
  ]);
}
