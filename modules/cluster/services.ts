import type { Construct } from "constructs";
import type { Artifacts } from "../artifacts/index.ts";
import type { Consul } from "../consul/index.ts";
import type { Database } from "../database/index.ts";
import { FargateService } from "../fargate-service/index.ts";
import type { LoadBalancer } from "../load-balancer/index.ts";
import type { Network } from "../network/index.ts";
import { internalAttachment } from "../service/attachment-names.ts";
import { Service } from "../service/index.ts";
import { serviceFile } from "../service/service-file.ts";
import type { Cluster, InstancesSpec } from "../spec/cluster.ts";
import { appHosts } from "./hosts.ts";
import { internalLoadBalancer, internalServices } from "./internal.ts";
import { slackTokenParameter } from "./slack.ts";
import { withoutBuilds } from "./trace.ts";

type OwnInstances = Exclude<InstancesSpec, { readonly sharedWith: string }>;

/** The parts of a cluster that its services stand between. */
export interface Surroundings {
  readonly network: Network;
  readonly consul: Consul;
  readonly artifacts: Artifacts;
  readonly loadBalancer: LoadBalancer;
  readonly databases: ReadonlyMap<string, Database>;
  readonly alarmTopicArn: string;
}

/** Makes the instances of each service that has its own, and attaches every service that speaks HTTP to the load balancer. */
export function addServices(scope: Construct, cluster: Cluster, around: Surroundings): void {
  const owners = new Map<string, Service>();
  for (const [name, { instances }] of Object.entries(cluster.services)) {
    if ("sharedWith" in instances) continue;
    owners.set(name, serviceWithInstances(scope, cluster, name, instances, around));
  }
  const { loadBalancer, artifacts, databases } = around;
  const hasInternal = internalServices(cluster).length > 0;
  const inside = hasInternal ? internalLoadBalancer(scope, cluster, around) : loadBalancer;
  for (const [name, spec] of Object.entries(cluster.services)) {
    const { instances, paths, priority, databases: uses = [] } = spec;
    const owner = owners.get("sharedWith" in instances ? instances.sharedWith : name) as Service;
    const service = serviceFile(cluster, name);
    if (service.http !== "none") {
      owner.attachTo({
        ...(service.http === "internal"
          ? { loadBalancer: inside, name: internalAttachment }
          : { loadBalancer }),
        service,
        ...(paths === undefined ? {} : { paths }),
        ...(priority === undefined ? {} : { priority }),
      });
    }
    artifacts.grantRead(owner.roleName, name);
    for (const database of uses) databases.get(database)?.allowFrom(name, owner.securityGroupId);
  }
}

function serviceWithInstances(
  scope: Construct,
  cluster: Cluster,
  name: string,
  { types, ...instances }: OwnInstances,
  { network, consul, alarmTopicArn }: Surroundings,
): Service {
  const { name: clusterName, account, region, slack, trace } = cluster;
  const { vpcId, instanceSubnetIds: subnetIds, assignPublicIp, internetRoutes } = network;
  return new Service(scope, `service-${name}`, {
    account,
    region,
    service: serviceFile(cluster, name),
    colocatedServices: sharing(cluster, name).map((other) => serviceFile(cluster, other)),
    vpcId,
    subnetIds,
    assignPublicIp,
    dependsOn: internetRoutes,
    securityGroupIds: [consul.clientSecurityGroupId],
    consul: {
      datacenter: clusterName,
      retryJoin: consul.retryJoin,
      tokenParameter: `/shoestring/${clusterName}/${name}/consul-token`,
    },
    ...(slack ? { slack: { ...slack, tokenParameter: slackTokenParameter(clusterName) } } : {}),
    alarmTopicArn,
    ...(trace === undefined ? {} : { trace: withoutBuilds(trace) }),
    ...instances,
    ...(types === undefined ? {} : { instanceTypes: types }),
  });
}

/** Makes the cluster's services that run on Fargate. */
export function addApps(scope: Construct, cluster: Cluster, around: Surroundings): void {
  const { name, account, region, apps = {} } = cluster;
  const { network, loadBalancer } = around;
  for (const [service, app] of Object.entries(apps)) {
    new FargateService(scope, `app-${service}`, {
      cluster: name,
      service,
      account,
      region,
      vpcId: network.vpcId,
      subnetIds: network.privateSubnetIds,
      loadBalancer,
      ...app,
      hosts: appHosts(cluster, service),
    });
  }
}

/** Services that run on the instances of another. */
const sharing = ({ services }: Cluster, host: string): string[] =>
  Object.entries(services)
    .filter(([, { instances }]) => "sharedWith" in instances && instances.sharedWith === host)
    .map(([name]) => name)
    .sort(); // lines that move in the file must not replace instances
