/** The number of servers of a cluster that does not set it. */
export const defaultServers = 3;

/** Names of a cluster's Consul that other stacks derive without a reference to it. */
export function consulNames(cluster: string) {
  const host = `consul.${cluster}.internal`;
  return {
    zone: `${cluster}.internal`,
    /** Where instances reach a service that is internal. */
    hostOf: (service: string) => `${service}.${cluster}.internal`,
    /** Resolves to every server. */
    host,
    address: `http://${host}:8500`,
    /** SSM parameters that an operator writes before the first apply. */
    managementTokenParameter: `/shoestring/${cluster}/consul/management-token`,
    gossipKeyParameter: `/shoestring/${cluster}/consul/gossip-key`,
  };
}
