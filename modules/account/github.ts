import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import type { Construct } from "constructs";

const issuer = "token.actions.githubusercontent.com";
const audience = "sts.amazonaws.com";

/** ARN of the account's provider of GitHub's tokens. It follows from the account. */
const gitHubProviderArn = (account: string) => `arn:aws:iam::${account}:oidc-provider/${issuer}`;

/**
 * Lets AWS verify the tokens that GitHub gives its workflows. An account has one.
 *
 * @returns its ARN.
 */
export function gitHub(scope: Construct, account: string, whose: "own" | "existing"): string {
  if (whose === "existing") return gitHubProviderArn(account);
  const provider = new IamOpenidConnectProvider(scope, "github", {
    url: `https://${issuer}`,
    clientIdList: [audience],
  });
  return provider.arn;
}

/**
 * A repository as GitHub names it in a token: `acme@123456/web@456789` for one made or renamed
 * since July 2026, `acme/web` for an older one. The numbers keep out anyone who takes over an
 * abandoned name.
 */
export const isRepository = (it: string): boolean =>
  /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(it) ||
  /^[A-Za-z0-9-]+@\d+\/[A-Za-z0-9._-]+@\d+$/.test(it);

export const goodRepository =
  'owner and name as GitHub writes them in tokens, like "acme@123456/web@456789", or "acme/web" for one from before July 2026';

export interface WorkflowRoleProps {
  readonly name: string;
  readonly description: string;
  /** ARN of the provider of GitHub's tokens. */
  readonly providerArn: string;
  /** The repository whose workflows may assume the role. */
  readonly repository: string;
  /** The allowed endings of the token's subject, after the repository; `*` matches anything. */
  readonly contexts: readonly string[];
}

/** A role that workflows of one repository may assume, in the given contexts only. */
export function workflowRole(scope: Construct, id: string, props: WorkflowRoleProps): IamRole {
  const { name, description, providerArn, repository, contexts } = props;
  const assume = new DataAwsIamPolicyDocument(scope, `${id}-assume.`, {
    statement: [
      {
        actions: ["sts:AssumeRoleWithWebIdentity"],
        principals: [{ type: "Federated", identifiers: [providerArn] }],
        condition: [
          { test: "StringEquals", variable: `${issuer}:aud`, values: [audience] },
          {
            test: contexts.some((it) => it.includes("*")) ? "StringLike" : "StringEquals",
            variable: `${issuer}:sub`,
            values: contexts.map((context) => `repo:${repository}:${context}`),
          },
        ],
      },
    ],
  });
  return new IamRole(scope, id, { name, description, assumeRolePolicy: assume.json });
}
