import { ConsulProvider } from "@cdktf/provider-consul/lib/provider/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { ConsulConfig } from "../consul-config/index.ts";
import type { Cluster } from "../spec/cluster.ts";

/**
 * A cluster's stack `<cluster>-config`: keys and rights in its Consul. It is a separate stack,
 * since Consul is reachable only from inside, and only after the other stack was applied.
 */
export class ConfigStack extends TerraformStack {
  constructor(scope: Construct, cluster: Cluster) {
    super(scope, `${cluster.name}-config`);
    // The address and token come from the environment: CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN.
    new ConsulProvider(this, "consul", { datacenter: cluster.name });
    new ConsulConfig(this, "config", {
      cluster: cluster.name,
      services: Object.keys(cluster.services),
      sharedWith: Object.fromEntries(
        Object.entries(cluster.services).flatMap(([name, { instances }]) =>
          "sharedWith" in instances ? [[name, instances.sharedWith]] : [],
        ),
      ),
      globalConfig: cluster.config ?? {},
      serviceConfig: Object.fromEntries(
        Object.entries(cluster.services).map(([name, { config = {} }]) => [name, config]),
      ),
    });
  }
}
