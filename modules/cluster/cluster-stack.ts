import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Artifacts } from "../artifacts/index.ts";
import { Consul } from "../consul/index.ts";
import { Database } from "../database/index.ts";
import { LoadBalancer } from "../load-balancer/index.ts";
import { Network } from "../network/index.ts";
import { moveFrom } from "../shared/moved.ts";
import { clusterTags } from "../shared/tags.ts";
import type { Cluster } from "../spec/cluster.ts";
import { Certificate } from "./certificate.ts";
import { certifiedHosts, hostIds } from "./hosts.ts";
import { parameterEndpoint } from "./parameter-endpoint.ts";
import { addApps, addServices } from "./services.ts";
import { withoutBuilds } from "./trace.ts";

/** A cluster's stack `<cluster>`: everything of it at AWS. Read down, it is made in this order. */
export class ClusterStack extends TerraformStack {
  constructor(scope: Construct, cluster: Cluster) {
    super(scope, cluster.name);
    const { account, region, cidr, zones = 2, nat = "one" } = cluster;
    const { deletionProtection = true, flowLogs = false } = cluster;
    const name = cluster.name;
    new AwsProvider(this, "aws", {
      region,
      allowedAccountIds: [account],
      defaultTags: [{ tags: clusterTags(name) }],
    });
    const alarms = alarmTopic(this, cluster);
    const traced = cluster.trace === undefined ? {} : { trace: withoutBuilds(cluster.trace) };

    const network = new Network(this, "network", {
      cluster: name,
      cidr,
      region,
      zones,
      nat,
      flowLogs,
    });
    const { vpcId, instanceSubnetIds: subnetIds, assignPublicIp, internetRoutes } = network;

    const { httpFrom = {}, ...servers } = cluster.consul ?? {};
    const consul = new Consul(this, "consul", {
      cluster: name,
      account,
      region,
      vpcId,
      subnetIds,
      assignPublicIp,
      internetRoutes,
      ...servers,
    });
    const privateNet = { cluster: name, region, vpcId, subnetIds: network.privateSubnetIds };
    const parameters =
      nat === "none" ? parameterEndpoint(this, "parameters", privateNet) : undefined;
    const artifacts = new Artifacts(this, "artifacts", {
      cluster: name,
      account,
      region,
      vpcId,
      subnetIds: network.privateSubnetIds,
      consulAddress: consul.address,
      consulSecurityGroupId: consul.securityGroupId,
      consulTokenParameter: `/shoestring/${name}/announce/consul-token`,
      alarmTopicArn: alarms,
      ...(parameters ? { parametersUrl: parameters.url } : {}),
      ...traced,
    });
    consul.allowHttp("announce", artifacts.functionSecurityGroupId);
    parameters?.allow("announce", artifacts.functionSecurityGroupId);
    for (const [who, group] of Object.entries(httpFrom)) consul.allowHttp(who, group);

    const loadBalancer = new LoadBalancer(this, "load-balancer", {
      cluster: name,
      vpcId,
      subnetIds: network.publicSubnetIds,
      deletionProtection,
      ...cluster.loadBalancer,
      ...listener(this, cluster),
    });
    pointTo(this, cluster, loadBalancer);

    const databases = addDatabases(this, cluster, network);
    const around = { network, consul, artifacts, loadBalancer, databases, alarmTopicArn: alarms };
    addServices(this, cluster, around);
    addApps(this, cluster, around);
  }
}

function addDatabases(
  scope: Construct,
  { name: cluster, databases = {}, deletionProtection = true }: Cluster,
  { vpcId, privateSubnetIds: subnetIds }: Network,
): ReadonlyMap<string, Database> {
  return new Map(
    Object.entries(databases).map(([name, spec]) => {
      const common = { cluster, name, vpcId, deletionProtection, subnetIds };
      return [name, new Database(scope, `database-${name}`, { ...common, ...spec })];
    }),
  );
}

function alarmTopic(scope: Construct, { name, alarmsTo }: Cluster): string {
  const topic = new SnsTopic(scope, "alarms", { name: `${name}-alarms` });
  if (alarmsTo !== undefined) {
    const mail = { topicArn: topic.arn, protocol: "email", endpoint: alarmsTo };
    new SnsTopicSubscription(scope, "alarms-mail", mail);
  }
  return topic.arn;
}

/** With a domain the load balancer has a certificate for all hosts; without, it speaks plain HTTP. */
function listener(scope: Construct, cluster: Cluster) {
  const { dns } = cluster;
  if (!dns) return { plainHttp: true };
  const { zoneId } = dns;
  const certificate = new Certificate(scope, "certificate", {
    hosts: certifiedHosts(cluster),
    zoneId,
  });
  return { certificateArn: certificate.arn };
}

/** Names in the zone that lead to the load balancer. */
function pointTo(scope: Construct, cluster: Cluster, loadBalancer: LoadBalancer): void {
  const { dns } = cluster;
  if (!dns) return;
  for (const { host, id, formerId } of hostIds(certifiedHosts(cluster))) {
    const record = new Route53Record(scope, `name-${id}`, {
      zoneId: dns.zoneId,
      name: host,
      type: "A",
      alias: {
        name: loadBalancer.dnsName,
        zoneId: loadBalancer.zoneId,
        evaluateTargetHealth: true,
      },
    });
    if (formerId !== undefined) moveFrom(record, { scope, id: `name-${formerId}` });
  }
}
