import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import type { Construct } from "constructs";
import type { AllProps } from "./props.ts";

/** Ingress from the load balancer, egress to AWS and the registry; more with `allowTo`. */
export function securityGroup(scope: Construct, props: AllProps, name: string): string {
  const { vpcId, port, loadBalancer } = props;
  const group = new SecurityGroup(scope, "security-group", {
    name: `${name}-tasks`,
    description: "Tasks of a service on Fargate",
    vpcId,
    tags: { Name: `${name}-tasks` },
  });
  new VpcSecurityGroupIngressRule(scope, "from-load-balancer", {
    securityGroupId: group.id,
    referencedSecurityGroupId: loadBalancer.securityGroupId,
    description: "The load balancer",
    ipProtocol: "tcp",
    fromPort: port,
    toPort: port,
  });
  new VpcSecurityGroupEgressRule(scope, "to-https", {
    securityGroupId: group.id,
    description: "Image, log, secrets, and what the service calls",
    ipProtocol: "tcp",
    fromPort: 443,
    toPort: 443,
    cidrIpv4: "0.0.0.0/0",
  });
  return group.id;
}

export function targetGroup(scope: Construct, props: AllProps, name: string): LbTargetGroup {
  return new LbTargetGroup(scope, "target-group", {
    name,
    vpcId: props.vpcId,
    targetType: "ip",
    protocol: "HTTP",
    // ECS registers each task with its own port, so this one is never used. If it were the
    // container's, another port would need another group with the same name while a rule still uses
    // the first.
    port: 80,
    deregistrationDelay: String(props.drainSeconds),
    healthCheck: {
      path: props.ping,
      matcher: "200-299",
      interval: 10,
      timeout: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    },
  });
}
