import * as z from "zod";
import { schemaVersion } from "./documents.ts";

/** `.local/region.json`: where the running local region answers. Written by `local up`. */
export const RegionFile = z.looseObject({
  schema: z.literal(schemaVersion),
  cluster: z.string(),
  /** The load balancer, on loopback. */
  url: z.url(),
  consulUrl: z.url(),
  /** A token that may do what an operator may; this region's only, it opens nothing else. */
  operatorToken: z.string(),
  awsEndpoint: z.url(),
  artifactsBucket: z.string(),
  instances: z.array(z.looseObject({ name: z.string(), address: z.string() })),
});
export type RegionFile = z.infer<typeof RegionFile>;
