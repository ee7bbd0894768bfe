import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Artifacts } from "../artifacts/index.ts";
import { Consul } from "../consul/index.ts";
import { Database } from "../database/index.ts";
import { FargateService } from "../fargate-service/index.ts";
import { LoadBalancer } from "../load-balancer/index.ts";
import { Network } from "../network/index.ts";
import { Service } from "../service/index.ts";
import { serviceFile } from "../service/service-file.ts";
import { clusterTags } from "../shared/tags.ts";
import type { Cluster, InstancesSpec } from "../spec/cluster.ts";
import { Certificate } from "./certificate.ts";
import { appHosts, hostsOf } from "./hosts.ts";
import { parameterEndpoint } from "./parameter-endpoint.ts";
import { slackTokenParameter } from "./slack.ts";
import { withoutBuilds } from "./trace.ts";

type OwnInstances = Exclude<InstancesSpec, { readonly sharedWith: string }>;

/** A cluster's stack `<cluster>`: all its AWS resources, in the order of their creation. */
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
      ...traced,
    });
    consul.allowHttp("announce", artifacts.functionSecurityGroupId);
    for (const [who, group] of Object.entries(httpFrom)) consul.allowHttp(who, group);
    if (nat === "none") {
      parameterEndpoint(this, "parameters", {
        cluster: name,
        region,
        vpcId,
        subnetIds: network.privateSubnetIds,
        from: { announce: artifacts.functionSecurityGroupId },
      });
    }

    const loadBalancer = new LoadBalancer(this, "load-balancer", {
      cluster: name,
      vpcId,
      subnetIds: network.publicSubnetIds,
      deletionProtection,
      ...listener(this, cluster),
    });
    pointTo(this, cluster, loadBalancer);

    const databases = new Map(
      Object.entries(cluster.databases ?? {}).map(([short, spec]) => {
        const common = { cluster: name, name: short, vpcId, deletionProtection };
        const database = new Database(this, `database-${short}`, {
          ...common,
          subnetIds: network.privateSubnetIds,
          ...spec,
        });
        return [short, database] as const;
      }),
    );

    const services = new Map<string, Service>();
    for (const [short, spec] of Object.entries(cluster.services)) {
      if ("sharedWith" in spec.instances) continue;
      const service = new Service(this, `service-${short}`, {
        account,
        region,
        service: serviceFile(cluster, short),
        beside: sharing(cluster, short).map((other) => serviceFile(cluster, other)),
        vpcId,
        subnetIds,
        assignPublicIp,
        after: internetRoutes,
        securityGroupIds: [consul.clientSecurityGroupId],
        consul: {
          datacenter: name,
          retryJoin: consul.retryJoin,
          tokenParameter: `/shoestring/${name}/${short}/consul-token`,
        },
        ...(cluster.slack
          ? { slack: { ...cluster.slack, tokenParameter: slackTokenParameter(name) } }
          : {}),
        alarmTopicArn: alarms,
        ...traced,
        ...machines(spec.instances),
      });
      services.set(short, service);
    }
    for (const [short, { instances, paths, priority, databases: uses = [] }] of Object.entries(
      cluster.services,
    )) {
      const runsOn = "sharedWith" in instances ? instances.sharedWith : short;
      const service = services.get(runsOn) as Service;
      service.behind({
        loadBalancer,
        service: serviceFile(cluster, short),
        ...(paths === undefined ? {} : { paths }),
        ...(priority === undefined ? {} : { priority }),
      });
      artifacts.grantRead(service.roleName, short);
      for (const database of uses) {
        databases.get(database)?.allowFrom(short, service.securityGroupId);
      }
    }
    for (const [short, app] of Object.entries(cluster.apps ?? {})) {
      new FargateService(this, `app-${short}`, {
        cluster: name,
        service: short,
        account,
        region,
        vpcId,
        subnetIds: network.privateSubnetIds,
        loadBalancer,
        ...app,
        hosts: appHosts(cluster, short),
      });
    }
  }
}

function alarmTopic(scope: Construct, { name, alarmsTo }: Cluster): string {
  const topic = new SnsTopic(scope, "alarms", { name: `${name}-alarms` });
  if (alarmsTo !== undefined) {
    const mail = { topicArn: topic.arn, protocol: "email", endpoint: alarmsTo };
    new SnsTopicSubscription(scope, "alarms-mail", mail);
  }
  return topic.arn;
}

/** With a domain the load balancer has a certificate for all hosts; without one, only HTTP. */
function listener(scope: Construct, cluster: Cluster) {
  const { dns } = cluster;
  if (!dns) return { plainHttp: true };
  const { zoneId } = dns;
  const certificate = new Certificate(scope, "certificate", { hosts: certified(cluster), zoneId });
  return { certificateArn: certificate.arn };
}

/** `*.<cluster>.<domain>`, and the hosts that it does not cover. */
function certified(cluster: Cluster): string[] {
  const own = `${cluster.name}.${cluster.dns?.domain}`;
  const covered = (host: string) =>
    host.endsWith(`.${own}`) && host.split(".").length === own.split(".").length + 1;
  const others = new Set(hostsOf(cluster).filter((host) => !covered(host)));
  return [`*.${own}`, ...[...others].sort()]; // sorted: moving lines in the file changes nothing
}

/** DNS records that point to the load balancer. */
function pointTo(scope: Construct, cluster: Cluster, loadBalancer: LoadBalancer): void {
  const { dns } = cluster;
  if (!dns) return;
  for (const host of certified(cluster)) {
    const id = host.replace("*", "any").replaceAll(".", "-");
    new Route53Record(scope, `name-${id}`, {
      zoneId: dns.zoneId,
      name: host,
      type: "A",
      alias: {
        name: loadBalancer.dnsName,
        zoneId: loadBalancer.zoneId,
        evaluateTargetHealth: true,
      },
    });
  }
}

/** Services that share the instances of another. */
const sharing = ({ services }: Cluster, host: string): string[] =>
  Object.entries(services)
    .filter(([, { instances }]) => "sharedWith" in instances && instances.sharedWith === host)
    .map(([name]) => name)
    .sort(); // sorted: moving lines in the file must not replace instances

const machines = ({ types, ...rest }: OwnInstances) => ({
  ...rest,
  ...(types === undefined ? {} : { instanceTypes: types }),
});
