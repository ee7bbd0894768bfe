import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import type { Construct } from "constructs";
import { moveFrom } from "../shared/moved.ts";

export type Statement = DataAwsIamPolicyDocumentStatement;

export interface ServiceRoleProps {
  /** The role's name, up to 64 characters. */
  readonly name: string;
  /** The AWS service that assumes the role, like `lambda.amazonaws.com`. */
  readonly service: string;
  /** The account for which the service acts, 12 digits. @default any: the service sends none */
  readonly account?: string;
}

// An id may end in a name of a cluster file, and no name has a dot: the document `read-web-policy.` is
// not the policy `read-web-policy` of a service called `web-policy`.

/** A role that only one AWS service may assume. It may do nothing yet. */
export function serviceRole(scope: Construct, id: string, props: ServiceRoleProps): IamRole {
  const { name, service, account } = props;
  const onBehalf = { test: "StringEquals", variable: "aws:SourceAccount" };
  const assume = new DataAwsIamPolicyDocument(scope, `${id}-assume.`, {
    statement: [
      {
        actions: ["sts:AssumeRole"],
        principals: [{ type: "Service", identifiers: [service] }],
        ...(account === undefined ? {} : { condition: [{ ...onBehalf, values: [account] }] }),
      },
    ],
  });
  return new IamRole(scope, id, { name, assumeRolePolicy: assume.json });
}

export interface GrantProps {
  /** Name of the role that may do it. */
  readonly role: string;
  /** The policy's name, unique within the role; that of an attached one within the account. */
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** Grants rights to a role with an inline policy, which is deleted with the role. */
export function grant(scope: Construct, id: string, props: GrantProps): IamRolePolicy {
  const { role, name, statements } = props;
  const document = new DataAwsIamPolicyDocument(scope, `${id}-policy.`, {
    statement: [...statements],
  });
  return new IamRolePolicy(scope, id, { role, name, policy: document.json });
}

/** Like `grant`, with a separate policy, for rights longer than the 10,240 characters of a role. */
export function attach(scope: Construct, id: string, props: GrantProps): void {
  const { role, name, statements } = props;
  const document = new DataAwsIamPolicyDocument(scope, `${id}-policy.`, {
    statement: [...statements],
  });
  const policy = new IamPolicy(scope, id, { name, policy: document.json });
  const attachment = { role, policyArn: policy.arn };
  moveFrom(new IamRolePolicyAttachment(scope, `${id}-attachment.`, attachment), {
    scope,
    id: `${id}-attachment`,
  });
}
