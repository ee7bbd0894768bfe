import * as z from "zod";
import { schemaVersion } from "./documents.ts";

/** `.local/region.json`: the addresses of the running local region, written by `local up`. */
export const RegionFile = z.looseObject({
  schema: z.literal(schemaVersion),
  cluster: z.string(),
  /** The load balancer, on loopback. */
  url: z.url(),
  consulUrl: z.url(),
  /** A token with an operator's rights; it is valid in this region only. */
  operatorToken: z.string(),
  awsEndpoint: z.url(),
  artifactsBucket: z.string(),
  instances: z.array(z.looseObject({ name: z.string(), address: z.string() })),
});
export type RegionFile = z.infer<typeof RegionFile>;
