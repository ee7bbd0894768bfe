import type { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { healthPath, type ServiceFile } from "../../protocol/service-file.ts";
import type { SharedLoadBalancer } from "../load-balancer/shared.ts";
import { check } from "../shared/check.ts";
import { alarms } from "./alarms.ts";
import { group } from "./group.ts";
import { instanceRole, launchTemplate } from "./machine.ts";
import {
  type AllProps,
  checkProps,
  type ServiceProps,
  targetGroupName,
  withDefaults,
} from "./props.ts";

/** Settings of a service behind a load balancer. */
export interface AttachmentProps {
  /** The load balancer; services share it. */
  readonly loadBalancer: SharedLoadBalancer & { readonly arnSuffix: string };
  /** The service on the instances that gets the requests. @default the one that the instances are named after */
  readonly service?: ServiceFile;
  /** Paths like "/api/*". @default every path of the service's hosts */
  readonly paths?: readonly string[];
  /** Priority of the rule, from 1 to 999; a lower one is evaluated first. @default derived from the service's name */
  readonly priority?: number;
  /** Name of the attachment, where the service has a second load balancer. @default none */
  readonly name?: string;
}

/** nginx's port, on every instance. */
const httpPort = 80;

/** Instances that run a service, or several with `colocatedServices`, each deployed by the agent there. */
export class Service extends Construct {
  readonly securityGroupId: string;
  /** The role of the instances: give it to `grant…` of what they use. */
  readonly roleName: string;
  readonly groupName: string;
  readonly #settings: AllProps;
  /** ARNs, by a name to sort by: an ARN is a token until the end of the synth. */
  readonly #targetGroups = new Map<string, string>();

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id);
    const settings = withDefaults(props);
    checkProps(this, settings);
    this.#settings = settings;
    const { name } = settings;

    const security = new SecurityGroup(this, "security-group", {
      name: `${name}-instances`,
      description: "Instances of a service",
      vpcId: settings.vpcId,
      tags: { Name: `${name}-instances` },
    });
    this.securityGroupId = security.id;
    new VpcSecurityGroupEgressRule(this, "to-anywhere", {
      securityGroupId: security.id,
      description: "AWS, Consul, and what the service calls",
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
    });

    const role = instanceRole(this, settings);
    const template = launchTemplate(this, settings, role, security.id);
    const arns = Lazy.listValue({
      produce: () =>
        [...this.#targetGroups]
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([, arn]) => arn),
    });
    const instances: AutoscalingGroup = group(this, settings, template, arns);

    this.roleName = role.name;
    this.groupName = instances.name;
  }

  /**
   * Puts a service of the instances behind a load balancer, for its hosts. May be called again for
   * another load balancer: both then serve, which is the way from one to the other.
   */
  attachTo(props: AttachmentProps): void {
    const { vpcId, name: instancesName, service: mainService } = this.#settings;
    const { loadBalancer, service = mainService } = props;
    const own = `${mainService.cluster}-${service.service}`;
    const id = props.name === undefined ? service.service : `${service.service}-${props.name}`;
    const name = props.name === undefined ? own : `${own}-${props.name}`;
    check(this, [targetGroupName(name)]);
    const target = new LbTargetGroup(this, `target-group-${id}`, {
      name,
      vpcId,
      targetType: "instance",
      protocol: "HTTP",
      port: httpPort,
      // The time for requests in flight of a leaving instance.
      deregistrationDelay: String(service.drainTimeoutSeconds),
      loadBalancingAlgorithmType: "least_outstanding_requests",
      healthCheck: {
        path: healthPath(service.service),
        matcher: "200-299",
        // Two in a row either way: within 10 s a new instance serves, and a dead one does not.
        interval: 5,
        timeout: 3,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      tags: { Name: `${instancesName} ${service.service}` },
    });
    this.#targetGroups.set(id, target.arn);
    if (!this.node.tryFindChild(`from-${ruleId(props)}`)) {
      new VpcSecurityGroupIngressRule(this, `from-${ruleId(props)}`, {
        securityGroupId: this.securityGroupId,
        description: "The load balancer",
        referencedSecurityGroupId: loadBalancer.securityGroupId,
        ipProtocol: "tcp",
        fromPort: httpPort,
        toPort: httpPort,
      });
      loadBalancer.allowTo(mainService.service, this.securityGroupId, httpPort);
    }
    loadBalancer.addRule({
      service: service.service,
      hosts: service.hosts,
      targetGroupArn: target.arn,
      ...(props.paths === undefined ? {} : { paths: props.paths }),
      ...(props.priority === undefined ? {} : { priority: props.priority }),
    });
    alarms(this, this.#settings, {
      id,
      service: service.service,
      loadBalancer: loadBalancer.arnSuffix,
      targetGroup: target.arnSuffix,
    });
  }
}

/** One ingress rule for each load balancer, however many services are behind it. */
const ruleId = ({ name }: AttachmentProps) =>
  name === undefined ? "load-balancer" : `load-balancer-${name}`;
