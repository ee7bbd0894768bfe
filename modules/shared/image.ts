/** Processors that images are built for. */
export type Architecture = "arm64" | "x86_64";

/** Types of AWS's own processors have a g after the generation: t4g, m7gd, c8gn. */
export const architectureOf = (instanceType: string): Architecture =>
  /^[a-z]+\d+[a-z]*g[a-z]*\./.test(instanceType) ? "arm64" : "x86_64";

/** What a launch template says for the newest image of a channel, which AWS reads at each launch. */
export const newestImage = (channel: string, architecture: Architecture) =>
  `resolve:ssm:/shoestring/ami/${channel}/${architecture}`;
