/** Tags of all AWS resources of a cluster, for finding them and for the cluster's cost. */
export const clusterTags = (cluster: string) => ({ cluster, "managed-by": "shoestring" });

/**
 * The same tags for an Auto Scaling group, which ignores the provider's default tags, and for the
 * instances that it launches. Their `Name` comes from the launch template.
 */
export const groupTags = (name: string, cluster: string) => [
  { key: "Name", value: name, propagateAtLaunch: false },
  ...Object.entries(clusterTags(cluster)).map(([key, value]) => ({
    key,
    value,
    propagateAtLaunch: true,
  })),
];
