import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import type { Construct } from "constructs";

/** One of Consul's ports; its name is part of the ids of its rules. */
interface Port {
  readonly name: string;
  readonly ipProtocol: "tcp" | "udp";
  readonly port: number;
}

const rpc: Port = { name: "rpc", ipProtocol: "tcp", port: 8300 };
const gossip: readonly Port[] = [
  { name: "gossip", ipProtocol: "udp", port: 8301 },
  // Full state syncs, and probes that were lost over UDP.
  { name: "gossip-tcp", ipProtocol: "tcp", port: 8301 },
];
const http: Port = { name: "http", ipProtocol: "tcp", port: 8500 };

/** A security group without rules. */
export function closedGroup(
  scope: Construct,
  id: string,
  props: { readonly name: string; readonly description: string; readonly vpcId: string },
): string {
  const { name, description, vpcId } = props;
  return new SecurityGroup(scope, id, { name, description, vpcId, tags: { Name: name } }).id;
}

/** Rules among the servers, and their egress to AWS. */
export function serverRules(scope: Construct, servers: string): void {
  connect(scope, "servers", servers, servers, "Consul servers", [rpc, ...gossip]);
  new VpcSecurityGroupEgressRule(scope, "to-aws", {
    securityGroupId: servers,
    description: "SSM",
    ipProtocol: "tcp",
    fromPort: 443,
    toPort: 443,
    cidrIpv4: "0.0.0.0/0",
  });
}

/** Rules among the clients: gossip needs every member to reach every other. */
export function clientRules(scope: Construct, clients: string): void {
  connect(scope, "clients-mutual", clients, clients, "Consul clients", gossip);
}

/** Requests from clients to servers, and gossip both ways. */
export function clientsAndServers(
  scope: Construct,
  id: string,
  clients: string,
  servers: string,
): void {
  connect(scope, `${id}-to-servers`, clients, servers, "Consul clients to servers", [
    rpc,
    ...gossip,
  ]);
  connect(scope, `servers-to-${id}`, servers, clients, "Consul servers to clients", gossip);
}

/** The servers' side of HTTP; the caller's own group needs the egress rule. */
export function httpRule(scope: Construct, id: string, caller: string, servers: string): void {
  new VpcSecurityGroupIngressRule(scope, `${id}-http`, {
    securityGroupId: servers,
    referencedSecurityGroupId: caller,
    description: "HTTP API of Consul",
    ...range(http),
  });
}

function connect(
  scope: Construct,
  id: string,
  from: string,
  to: string,
  description: string,
  ports: readonly Port[],
): void {
  for (const port of ports) {
    new VpcSecurityGroupEgressRule(scope, `${id}-${port.name}-out`, {
      securityGroupId: from,
      referencedSecurityGroupId: to,
      description,
      ...range(port),
    });
    new VpcSecurityGroupIngressRule(scope, `${id}-${port.name}-in`, {
      securityGroupId: to,
      referencedSecurityGroupId: from,
      description,
      ...range(port),
    });
  }
}

const range = ({ ipProtocol, port }: Port) => ({ ipProtocol, fromPort: port, toPort: port });
