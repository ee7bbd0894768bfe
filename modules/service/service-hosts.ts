import type { Cluster } from "../spec/cluster.ts";
import { processesOf } from "./processes.ts";

/**
 * Hosts of a service: those it sets, or one below the cluster's domain; none where it speaks no
 * HTTP.
 */
export function serviceHosts({ name, dns, services }: Cluster, service: string): readonly string[] {
  const spec = services[service];
  if (spec?.hosts) return spec.hosts;
  if (dns === undefined || (spec && processesOf(spec).http === "none")) return [];
  return [`${service}.${name}.${dns.domain}`];
}
