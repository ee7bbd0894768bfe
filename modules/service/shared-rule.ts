import type { ServiceFile } from "../../protocol/service-file.ts";
import { overlap } from "../load-balancer/pattern.ts";
import { priority } from "../load-balancer/priority.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
import { serviceHosts } from "./service-hosts.ts";

/**
 * The service's rule on the load balancer, for nginx on its machines: only where a service of the
 * same machines answers for one of its hosts, too, and nginx has to tell them apart.
 */
export function sharedRule(cluster: Cluster, name: string): ServiceFile["rule"] {
  const spec = cluster.services[name];
  if (spec === undefined) return undefined;
  const hosts = serviceHosts(cluster, name);
  const isShared = Object.entries(cluster.services).some(
    ([other, itsSpec]) =>
      other !== name &&
      machinesOf(other, itsSpec) === machinesOf(name, spec) &&
      meet(hosts, serviceHosts(cluster, other)),
  );
  if (!isShared) return undefined;
  const paths = [...(spec.paths ?? [])];
  return { priority: spec.priority ?? priority(name, { hosts, paths }), paths };
}

/** The service that the machines are named after. */
const machinesOf = (name: string, { instances }: ServiceSpec) =>
  "sharedWith" in instances ? instances.sharedWith : name;

const meet = (some: readonly string[], others: readonly string[]) =>
  some.some((one) => others.some((other) => overlap(one.toLowerCase(), other.toLowerCase())));
