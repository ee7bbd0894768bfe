import { serviceFile } from "../service/service-file.ts";
import type { Cluster } from "../spec/cluster.ts";

/** Every host name that a cluster answers for. */
export function hostsOf(cluster: Cluster): string[] {
  const services = Object.keys(cluster.services).flatMap(
    (name) => serviceFile(cluster, name).hosts,
  );
  const apps = Object.keys(cluster.apps ?? {}).flatMap((name) => appHosts(cluster, name));
  return [...services, ...apps];
}

/** Host names of an app: its own, or the one that follows from its name. */
export function appHosts({ name, dns, apps = {} }: Cluster, app: string): readonly string[] {
  return apps[app]?.hosts ?? (dns ? [`${app}.${name}.${dns.domain}`] : []);
}
