import { serviceFile } from "../service/service-file.ts";
import type { Cluster } from "../spec/cluster.ts";

/** Every host name that a cluster serves to everybody. */
export const hostsOf = (cluster: Cluster): string[] => namedHosts(cluster).map(([, host]) => host);

/** Every such host name, each with the field that names it. */
export function namedHosts(cluster: Cluster): [field: string, host: string][] {
  const { services, apps = {} } = cluster;
  const named = (field: string, hosts: readonly string[]) =>
    hosts.map((host): [string, string] => [`${field}.hosts`, host]);
  return [
    ...Object.keys(services).flatMap((it) => {
      const { http, hosts } = serviceFile(cluster, it);
      return http === "internal" ? [] : named(`services.${it}`, hosts);
    }),
    ...Object.keys(apps).flatMap((it) => named(`apps.${it}`, appHosts(cluster, it))),
  ];
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

/** Hosts, each with an id that no other host has: of `a-b.c` and `a.b-c`, and of `*.c` and `any.c`. */
export function hostIds(hosts: readonly string[]): HostId[] {
  const former = hosts.map((host) => host.replace("*", "any").replaceAll(".", "-"));
  return hosts.map((host, at) => {
    const id = host
      .replaceAll("-", "--")
      .replace(/^any\./, "_any.")
      .replace("*", "any")
      .replaceAll(".", "-");
    const was = former[at] as string;
    const isAlone = former.filter((it) => it === was).length === 1;
    return { host, id, ...(was !== id && isAlone ? { formerId: was } : {}) };
  });
}

export interface HostId {
  readonly host: string;
  readonly id: string;
  /** What it was called before, where Terraform can tell. */
  readonly formerId?: string;
}
