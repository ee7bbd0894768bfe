/** The bucket's name: unique in the world by the account, and in the account by the cluster. */
export const bucketName = (of: {
  readonly cluster: string;
  readonly account: string;
  readonly region: string;
}) => `${of.cluster}-artifacts-${of.account}-${of.region}`;
