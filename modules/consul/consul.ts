import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile/index.js";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone/index.js";
import { Construct } from "constructs";
import { grant, serviceRole, sessionStatements } from "../iam/index.ts";
import { check } from "../shared/check.ts";
import { clientRules, clientsAndServers, closedGroup, httpRule, serverRules } from "./firewall.ts";
import { consulNames } from "./names.ts";
import { type AllProps, type ConsulProps, consulRules, withDefaults } from "./props.ts";
import { Server } from "./server.ts";
import { serverUserData } from "./user-data.ts";

/** The Consul servers of a cluster. */
export class Consul extends Construct {
  /** Where the HTTP API is, like "http://consul.staging.internal:8500"; for whom `allowHttp` lets in. */
  readonly address: string;
  /** The private zone of names inside the cluster. */
  readonly zoneId: string;
  /** What clients join: one name that leads to every server. It needs no AWS permission. */
  readonly retryJoin: readonly string[];
  /** The servers' own. */
  readonly securityGroupId: string;
  /** Carried, beside its own group, by every instance that runs a Consul client. */
  readonly clientSecurityGroupId: string;
  /** SSM parameter of the token that may do everything. */
  readonly managementTokenParameter: string;
  /** SSM parameter of the key that clients need too; none where gossip is not encrypted. */
  readonly gossipKeyParameter?: string;

  constructor(scope: Construct, id: string, props: ConsulProps) {
    super(scope, id);
    const all = withDefaults(props);
    check(this, consulRules(all));
    const { cluster, vpcId } = all;
    const names = consulNames(cluster);

    this.securityGroupId = closedGroup(this, "security-group", {
      name: `${cluster}-consul`,
      description: "Consul servers",
      vpcId,
    });
    this.clientSecurityGroupId = closedGroup(this, "client-security-group", {
      name: `${cluster}-consul-clients`,
      description: "Instances with a Consul client",
      vpcId,
    });
    serverRules(this, this.securityGroupId);
    clientRules(this, this.clientSecurityGroupId);
    this.allowClients("clients", this.clientSecurityGroupId);

    const role = this.role(all);
    const servers = Array.from({ length: all.servers }, (_, index) =>
      this.server(all, index, role.profileArn),
    );
    const zone = new Route53Zone(this, "zone", {
      name: names.zone,
      comment: "Names inside one cluster",
      vpc: [{ vpcId, vpcRegion: all.region }],
    });
    const record = new Route53Record(this, "record", {
      zoneId: zone.zoneId,
      name: names.host,
      type: "A",
      ttl: 60,
      records: servers.map(({ privateAddress }) => privateAddress),
    });
    for (const server of servers) server.after([record, role.policy]);

    this.zoneId = zone.zoneId;
    this.address = names.address;
    this.retryJoin = [names.host];
    this.managementTokenParameter = names.managementTokenParameter;
    if (all.encryptGossip) this.gossipKeyParameter = names.gossipKeyParameter;
  }

  /**
   * Lets Consul clients that do not carry `clientSecurityGroupId` join. Gossip between them and
   * other clients is theirs to allow.
   *
   * @param id part of the state address, like "batch".
   */
  allowClients(id: string, securityGroupId: string): void {
    clientsAndServers(this, id, securityGroupId, this.securityGroupId);
  }

  /**
   * Lets a group call the servers' HTTP API. What leaves that group is its own to allow.
   *
   * @param id part of the state address, like "announce".
   */
  allowHttp(id: string, securityGroupId: string): void {
    httpRule(this, id, securityGroupId, this.securityGroupId);
  }

  private server(all: AllProps, index: number, instanceProfileArn: string): Server {
    const { cluster, region, servers, encryptGossip } = all;
    const zone = index % all.subnetIds.length;
    const number = index + 1;
    return new Server(this, `server-${number}`, {
      ...all,
      name: `${cluster}-consul-${number}`,
      subnetId: all.subnetIds[zone] as string,
      zone: `${region}${all.zoneLetters[zone]}`,
      securityGroupId: this.securityGroupId,
      instanceProfileArn,
      userData: serverUserData({
        cluster,
        region,
        servers,
        encryptGossip,
        server: `consul-${number}`,
      }),
    });
  }

  /** Servers read their own secrets and open sessions, and may do nothing else. */
  private role({ cluster, region, account, encryptGossip }: AllProps) {
    const { managementTokenParameter, gossipKeyParameter } = consulNames(cluster);
    const name = `${cluster}-consul`;
    const role = serviceRole(this, "role", { name, service: "ec2.amazonaws.com" });
    const policy = grant(this, "read-secrets", {
      role: role.name,
      name: "read-secrets",
      statements: [
        {
          actions: ["ssm:GetParameter"],
          resources: [managementTokenParameter, ...(encryptGossip ? [gossipKeyParameter] : [])].map(
            (parameter) => `arn:aws:ssm:${region}:${account}:parameter${parameter}`,
          ),
        },
        ...sessionStatements(`${region}:${account}`),
      ],
    });
    const profile = new IamInstanceProfile(this, "profile", { name, role: role.name });
    return { policy, profileArn: profile.arn };
  }
}
