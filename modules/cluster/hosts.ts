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
