/** The bucket's name: globally unique by the account, and within the account by the cluster. */
export const bucketName = (of: {
  readonly cluster: string;
  readonly account: string;
  readonly region: string;
}) => `${of.cluster}-artifacts-${of.account}-${of.region}`;
