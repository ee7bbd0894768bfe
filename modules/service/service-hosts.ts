import { consulNames } from "../consul/names.ts";
import type { Cluster } from "../spec/cluster.ts";
import { processesOf } from "./processes.ts";

/**
 * Hosts of a service: those it sets, or one below the cluster's domain, or in its private zone where
 * it is internal; none where it speaks no HTTP.
 */
export function serviceHosts({ name, dns, services }: Cluster, service: string): readonly string[] {
  const spec = services[service];
  if (spec?.hosts) return spec.hosts;
  const http = spec && processesOf(spec).http;
  if (http === "internal") return [consulNames(name).hostOf(service)];
  if (dns === undefined || http === "none") return [];
  return [`${service}.${name}.${dns.domain}`];
}
