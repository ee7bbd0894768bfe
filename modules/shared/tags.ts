/** What all of a cluster at AWS is marked with, to be found, and to see what a cluster costs. */
export const clusterTags = (cluster: string) => ({ cluster, "managed-by": "shoestring" });

/**
 * The same on an Auto Scaling group, which takes no default tags of its provider, and on what it
 * launches. Instances have their `Name` from the launch template.
 */
export const groupTags = (name: string, cluster: string) => [
  { key: "Name", value: name, propagateAtLaunch: false },
  ...Object.entries(clusterTags(cluster)).map(([key, value]) => ({
    key,
    value,
    propagateAtLaunch: true,
  })),
];
