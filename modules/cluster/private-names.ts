import { consulNames } from "../consul/names.ts";
import { overlap } from "../load-balancer/pattern.ts";
import type { Fault } from "../shared/fault.ts";
import type { Cluster } from "../spec/cluster.ts";
import { namedHosts } from "./hosts.ts";
import { internalServices } from "./internal.ts";

/**
 * Public hosts that match names of internal services. The public load balancer would send a request
 * with such a name to the host's machines, and nginx there takes it to the internal service, if it
 * runs beside.
 */
export function publicPrivateNames(cluster: Cluster): Fault[] {
  if (internalServices(cluster).length === 0) return [];
  const { zone } = consulNames(cluster.name);
  return namedHosts(cluster)
    .filter(([, host]) => overlap(host.toLowerCase(), `*.${zone}`))
    .map(([field, host]) => ({
      field,
      value: host,
      good: `a host that no name of an internal service (*.${zone}) matches, like "www.example.org" or "*.example.org"`,
    }));
}
