import { serviceFile } from "../service/service-file.ts";
import type { Cluster } from "../spec/cluster.ts";

/** Every host name that a cluster serves. */
export function hostsOf(cluster: Cluster): string[] {
  const services = Object.keys(cluster.services).flatMap(
    (name) => serviceFile(cluster, name).hosts,
  );
  const apps = Object.keys(cluster.apps ?? {}).flatMap((name) => appHosts(cluster, name));
  return [...services, ...apps];
}

/** Host names of an app: the ones it sets, or the one derived from its name. */
export function appHosts({ name, dns, apps = {} }: Cluster, app: string): readonly string[] {
  return apps[app]?.hosts ?? (dns ? [`${app}.${name}.${dns.domain}`] : []);
}

/**
 * Names in the cluster's zone that lead to its load balancer, and that its certificate is for:
 * `*.<cluster>.<domain>`, and the hosts that it does not cover.
 */
export function certifiedHosts(cluster: Cluster): string[] {
  const own = `*.${cluster.name}.${cluster.dns?.domain}`;
  const others = hostsOf(cluster)
    .map((host) => host.toLowerCase()) // as names are compared
    .filter((host) => host !== own && !isCovered(host, own));
  return [own, ...[...new Set(others)].sort()]; // lines that move in the file change nothing
}

/** Whether a wildcard stands for a host: for one label, and never for another wildcard. */
const isCovered = (host: string, wildcard: string): boolean =>
  !host.startsWith("*") && host.replace(/^[^.]+/, "*") === wildcard;
