import type { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { type AttachmentProps, attach, httpPort } from "./attachment.ts";
import { group } from "./group.ts";
import { instanceRole, launchTemplate } from "./machine.ts";
import { type AllProps, checkProps, type ServiceProps, withDefaults } from "./props.ts";
import { scaleOnRequests, unmetScaling } from "./scaling.ts";

/** Instances that run a service, or several with `colocatedServices`, each deployed by the agent there. */
export class Service extends Construct {
  readonly securityGroupId: string;
  /** The role of the instances: give it to `grant…` of what they use. */
  readonly roleName: string;
  readonly groupName: string;
  readonly #settings: AllProps;
  readonly #instances: AutoscalingGroup;
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
    this.#instances = group(this, settings, template, arns);

    this.roleName = role.name;
    this.groupName = this.#instances.name;
    this.node.addValidation({ validate: () => unmetScaling(this.node, settings) });
  }

  /**
   * Puts a service of the instances behind a load balancer, for its hosts. May be called again for
   * another load balancer: both then serve, which is the way from one to the other.
   */
  attachTo(props: AttachmentProps): void {
    const { service: mainService } = this.#settings;
    const { loadBalancer, service = mainService } = props;
    const attachment = attach(this, { ...props, service, instances: this.#settings });
    this.#targetGroups.set(attachment.id, attachment.targetGroupArn);
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
    const rule = loadBalancer.addRule({
      service: service.service,
      hosts: service.hosts,
      targetGroupArn: attachment.targetGroupArn,
      ...(props.paths === undefined ? {} : { paths: props.paths }),
      ...(props.priority === undefined ? {} : { priority: props.priority }),
    });
    if (service.service === mainService.service) {
      const metric = `${loadBalancer.arnSuffix}/${attachment.targetGroupSuffix}`;
      const scaling = { ...this.#settings, attachment: props.name, metric, rule };
      scaleOnRequests(this, this.#instances, scaling);
    }
  }
}

/** One ingress rule for each load balancer, however many services are behind it. */
const ruleId = ({ name }: AttachmentProps) =>
  name === undefined ? "load-balancer" : `load-balancer-${name}`;
