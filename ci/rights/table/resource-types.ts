import { compute } from "./compute.ts";
import { containers } from "./containers.ts";
import { identities } from "./identities.ts";
import { loadBalancers } from "./load-balancers.ts";
import { namesAndWatching } from "./names-and-watching.ts";
import { networks } from "./networks.ts";
import type { Rows } from "./resource-type.ts";
import { sites } from "./sites.ts";
import { storage } from "./storage.ts";

/** Every type of AWS that a module makes, by Terraform's name for it. */
export const resourceTypes: Rows = {
  ...compute,
  ...containers,
  ...identities,
  ...loadBalancers,
  ...namesAndWatching,
  ...networks,
  ...sites,
  ...storage,
};
