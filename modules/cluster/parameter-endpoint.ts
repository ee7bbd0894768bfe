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
  /** Security groups that may use it, by a short name. */
  readonly from: Readonly<Record<string, string>>;
}

/**
 * An endpoint for SSM's parameters in a network without a NAT gateway. A function in a VPC never
 * has a public address, so `announce` could not read its token otherwise.
 */
export function parameterEndpoint(
  scope: Construct,
  id: string,
  props: ParameterEndpointProps,
): void {
  const { cluster, region, vpcId, subnetIds, from } = props;
  const at = new Construct(scope, id);
  const name = `${cluster}-parameters`;
  const group = new SecurityGroup(at, "security-group", {
    name,
    description: "SSM, inside the network",
    vpcId,
    tags: { Name: name },
  });
  for (const [short, securityGroupId] of Object.entries(from)) {
    new VpcSecurityGroupIngressRule(at, `from-${short}`, {
      securityGroupId: group.id,
      description: short,
      referencedSecurityGroupId: securityGroupId,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
    });
  }
  new VpcEndpoint(at, "resource", {
    vpcId,
    serviceName: `com.amazonaws.${region}.ssm`,
    vpcEndpointType: "Interface",
    // One is enough: its only client, `announce`, may wait while the zone is away.
    subnetIds: subnetIds.slice(0, 1),
    securityGroupIds: [group.id],
    privateDnsEnabled: true,
    tags: { Name: name },
  });
}
