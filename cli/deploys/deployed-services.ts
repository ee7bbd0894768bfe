import type { Consul } from "../../lib/consul.ts";
import { keys } from "../../protocol/keys.ts";

/** Lists the services that were deployed, by name. */
export async function deployedServices(consul: Consul): Promise<string[]> {
  const { found } = await consul.list(keys.deploys());
  return found.map(({ key }) => key.slice(keys.deploys().length));
}
