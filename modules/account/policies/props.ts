/** What the policies of one cluster are made of. */
export interface ApplyPolicyProps {
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  readonly stateBucketArn: string;
  readonly boundaryArn: string;
}
