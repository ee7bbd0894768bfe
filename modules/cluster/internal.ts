import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import type { Construct } from "constructs";
import type { Consul } from "../consul/index.ts";
import { consulNames } from "../consul/names.ts";
import { LoadBalancer } from "../load-balancer/index.ts";
import type { Network } from "../network/index.ts";
import { processesOf } from "../service/processes.ts";
import type { Cluster } from "../spec/cluster.ts";

/** The services that only the cluster's own instances may call. */
export const internalServices = ({ services }: Cluster): string[] =>
  Object.keys(services)
    .filter((it) => processesOf(services[it] as Cluster["services"][string]).http === "internal")
    .sort(); // lines that move in the file change nothing

/**
 * The cluster's second load balancer, with private addresses, and a name in the private zone for
 * each internal service. Who may call it carries the security group of Consul's clients, as each
 * instance does.
 */
export function internalLoadBalancer(
  scope: Construct,
  cluster: Cluster,
  { network, consul }: { readonly network: Network; readonly consul: Consul },
): LoadBalancer {
  const { name, deletionProtection = true } = cluster;
  const loadBalancer = new LoadBalancer(scope, "internal-load-balancer", {
    cluster: name,
    name: "internal",
    internal: true,
    vpcId: network.vpcId,
    subnetIds: network.privateSubnetIds,
    inboundSecurityGroups: { instances: consul.clientSecurityGroupId },
    deletionProtection,
    ...cluster.loadBalancer,
  });
  for (const service of internalServices(cluster)) {
    new Route53Record(scope, `internal-name-${service}`, {
      zoneId: consul.zoneId,
      name: consulNames(name).hostOf(service),
      type: "A",
      alias: {
        name: loadBalancer.dnsName,
        zoneId: loadBalancer.zoneId,
        evaluateTargetHealth: true,
      },
    });
  }
  return loadBalancer;
}
