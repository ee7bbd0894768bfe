/** Processor architectures of the images. */
export type Architecture = "arm64" | "x86_64";

/** Instance types with AWS's own processors have a g after the generation: t4g, m7gd, c8gn. */
export const architectureOf = (instanceType: string): Architecture =>
  /^[a-z]+\d+[a-z]*g[a-z]*\./.test(instanceType) ? "arm64" : "x86_64";

/** The launch template's image: the newest of a channel, which AWS resolves at each launch. */
export const newestImage = (channel: string, architecture: Architecture) =>
  `resolve:ssm:/shoestring/ami/${channel}/${architecture}`;
