/** How many servers a cluster has that does not say. */
export const defaultServers = 3;

/** What others know of a cluster's Consul without a reference to it. */
export function consulNames(cluster: string) {
  const host = `consul.${cluster}.internal`;
  return {
    zone: `${cluster}.internal`,
    /** Leads to every server. */
    host,
    address: `http://${host}:8500`,
    /** SSM parameters that an operator writes before the first apply. */
    managementTokenParameter: `/shoestring/${cluster}/consul/management-token`,
    gossipKeyParameter: `/shoestring/${cluster}/consul/gossip-key`,
  };
}
