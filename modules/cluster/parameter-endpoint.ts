import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";

export interface ParameterEndpointProps {
  readonly cluster: string;
  readonly region: string;
  readonly vpcId: string;
  /** Subnets, each of another zone. */
  readonly subnetIds: readonly string[];
}

/** The endpoint as its clients see it. */
export interface ParameterEndpoint {
  /** Its own URL, which no other name leads to. */
  readonly url: string;
  /** Lets the members of a security group use it; `short` names the group in the rule's address. */
  readonly allow: (short: string, securityGroupId: string) => void;
}

/**
 * An endpoint for SSM's parameters in a network without a NAT gateway. A function in a VPC never
 * has a public address, so `announce` could not read its token otherwise.
 *
 * It has no private DNS: that would lead SSM's usual name here for the whole network, also for
 * Consul's servers and the instances, which have public addresses and are not let in.
 */
export function parameterEndpoint(
  scope: Construct,
  id: string,
  { cluster, region, vpcId, subnetIds }: ParameterEndpointProps,
): ParameterEndpoint {
  const at = new Construct(scope, id);
  const name = `${cluster}-parameters`;
  const group = new SecurityGroup(at, "security-group", {
    name,
    description: "SSM, inside the network",
    vpcId,
    tags: { Name: name },
  });
  const endpoint = new VpcEndpoint(at, "resource", {
    vpcId,
    serviceName: `com.amazonaws.${region}.ssm`,
    vpcEndpointType: "Interface",
    // One is enough: its only client, `announce`, may wait while the zone is away.
    subnetIds: subnetIds.slice(0, 1),
    securityGroupIds: [group.id],
    privateDnsEnabled: false,
    tags: { Name: name },
  });
  return {
    // The first name is the one for all zones.
    url: `https://${endpoint.dnsEntry.get(0).dnsName}`,
    allow: (short, securityGroupId) =>
      void new VpcSecurityGroupIngressRule(at, `from-${short}`, {
        securityGroupId: group.id,
        description: short,
        referencedSecurityGroupId: securityGroupId,
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
      }),
  };
}
