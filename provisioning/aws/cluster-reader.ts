/** Reads what a cluster needs before its first apply. Rejects with a Problem where AWS refuses. */
export interface ClusterReader {
  /** The data type of an SSM parameter, like `text` or `aws:ec2:image`; undefined where it is missing. */
  parameterType(region: string, name: string): Promise<string | undefined>;
  /** Whether a secret of Secrets Manager exists. Its value is not read. */
  hasSecret(region: string, name: string): Promise<boolean>;
  /** The domain of a hosted zone, without its last dot; undefined where it is missing. */
  zoneDomain(zoneId: string): Promise<string | undefined>;
  /** The value of a quota, as it was raised, else AWS's default. */
  quota(region: string, service: string, code: string): Promise<number>;
  /** How many of a kind are in use without the tag of Shoestring. */
  inUseByOthers(region: string, kind: CountedKind): Promise<number>;
  /** Those of some actions that a principal may not do, by IAM's own simulation. */
  denied(principalArn: string, actions: readonly string[]): Promise<readonly string[]>;
}

export type CountedKind = "addresses" | "networks";
