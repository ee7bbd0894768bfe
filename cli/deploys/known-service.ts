import type { Consul } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import { keys } from "../../protocol/keys.ts";

/**
 * Refuses a service that a cluster knows neither by its file, nor by a deploy or an instance. An
 * upload of a misspelt service would be announced, and no instance would apply it; of another
 * command nobody would notice that it was about nothing. The file alone does not decide: the last
 * apply of `<cluster>-config` may predate the list of services.
 *
 * @throws Problem that lists the known services; ConsulAway; ConsulDenied.
 */
export async function refuseUnknown(
  { consul, cluster }: { readonly consul: Consul; readonly cluster: string },
  service: string,
  unchanged = "nothing was changed",
): Promise<void> {
  const [named, deployed] = await Promise.all([
    consul.names(keys.services()),
    consul.names(keys.deploys()),
  ]);
  const known = [...new Set([...named, ...deployed])].sort();
  if (known.includes(service)) return;
  if ((await consul.serviceInstances(service)).length > 0) return;
  throw new Problem({
    happened: `${cluster} has no service ${service}: it has ${known.join(", ") || "none"}`,
    unchanged,
    next: `check the name; a new service is known when ${cluster}-config is applied with it in the cluster's file`,
  });
}
