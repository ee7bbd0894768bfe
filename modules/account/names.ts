/** The identity of an account's resources; a cluster's stack derives the same names from it. */
export interface AccountIdentity {
  /** First part of every name in the account's own stack. @default "shoestring" */
  readonly name?: string;
  /** The AWS account, 12 digits. */
  readonly account: string;
  /** The region of the state bucket, like `eu-central-1`. */
  readonly region: string;
}

export const defaultAccountName = "shoestring";

/** Names that other stacks know without a reference to this one. */
export function accountNames({ name = defaultAccountName, account, region }: AccountIdentity) {
  return {
    stateBucket: `${name}-state-${account}-${region}`,
    planRole: `${name}-plan`,
    applyRole: `${name}-apply`,
    deployRole: (cluster: string, service: string) => `${name}-deploy-${cluster}-${service}`,
    permissionsBoundary: `${name}-boundary`,
    boundaryArn: `arn:aws:iam::${account}:policy/${name}-boundary`,
  };
}

/** The key of a stack's state in the state bucket. */
export const stateKey = (stack: string) => `${stack}.tfstate`;
