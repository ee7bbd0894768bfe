/** What of a cluster Terraform does not delete. Rejects with a Problem where AWS refuses. */
export interface ClusterRemains {
  /** Deletes every version of every object of a bucket; one that is gone has none. @returns how many */
  emptyBucket(region: string, bucket: string): Promise<number>;
  /** The names of all SSM parameters below a path. */
  parameters(region: string, path: string): Promise<readonly string[]>;
  /** Deletes parameters; one that is gone is no error. */
  deleteParameters(region: string, names: readonly string[]): Promise<void>;
}
