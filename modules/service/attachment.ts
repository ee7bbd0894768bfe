import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import { Construct } from "constructs";
import { httpSettings } from "../../protocol/process-settings.ts";
import { healthPath, type ServiceFile } from "../../protocol/service-file.ts";
import type { SharedLoadBalancer } from "../load-balancer/shared.ts";
import { check } from "../shared/check.ts";
import { moveFrom } from "../shared/moved.ts";
import { alarms } from "./alarms.ts";
import { attachmentId, targetGroupId } from "./attachment-names.ts";
import { type AllProps, targetGroupName } from "./props.ts";

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
  /** Name of the attachment, where the service has another load balancer than the shared one: a target group belongs to one. @default none */
  readonly name?: string;
}

/** nginx's port, on every instance. */
export const httpPort = 80;

export interface InstancesAttachmentProps extends AttachmentProps {
  readonly service: ServiceFile;
  /** The instances that run the service. */
  readonly instances: AllProps;
}

export interface Attachment {
  /** The service, and the attachment's name where it has a second one. */
  readonly id: string;
  readonly targetGroupArn: string;
  /** What CloudWatch calls the target group. */
  readonly targetGroupSuffix: string;
}

/**
 * What a service has at a load balancer: a target group and alarms, which are named after the
 * service. They are not below its instances' construct: with other instances they would be other
 * resources of the same names, of which AWS refuses the target group, and deletes the alarms.
 */
export function attach(instances: Construct, props: InstancesAttachmentProps): Attachment {
  const { service, loadBalancer, name, instances: settings } = props;
  const stack = instances.node.scope as Construct;
  const scopeId = `behind-${service.service}`;
  const scope =
    (stack.node.tryFindChild(scopeId) as Construct | undefined) ?? new Construct(stack, scopeId);
  const id = attachmentId(service.service, name);
  const fullName = `${service.cluster}-${targetGroupId(id, service.protocol)}`;
  check(instances, [targetGroupName(fullName)]);
  const own = name === undefined ? "" : `-${name}`;
  const target = new LbTargetGroup(scope, targetGroupId(`target-group${own}`, service.protocol), {
    name: fullName,
    vpcId: settings.vpcId,
    targetType: "instance",
    protocol: "HTTP",
    ...(service.protocol === undefined
      ? {}
      : { protocolVersion: service.protocol === "grpc" ? "GRPC" : "HTTP2" }),
    port: httpPort,
    // The time for requests in flight of a leaving instance, in whole seconds.
    deregistrationDelay: String(Math.ceil(httpSettings(service).drainTimeoutSeconds)),
    loadBalancingAlgorithmType: "least_outstanding_requests",
    // Always written: the provider keeps an earlier block that is left out.
    stickiness: stickiness(service),
    healthCheck: {
      path: healthPath(service.service),
      // Of gRPC's codes, 0 is OK.
      matcher: service.protocol === "grpc" ? "0" : "200-299",
      // Two in a row either way: within 10 s a new instance serves, and a dead one does not.
      interval: 5,
      timeout: 3,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    tags: { Name: `${settings.name} ${service.service}` },
  });
  if (service.protocol === undefined) {
    moveFrom(target, { scope: instances, id: `target-group-${id}` });
  }
  const made = alarms(scope, settings, {
    id,
    scopeId: `alarm${own}`,
    service: service.service,
    loadBalancer: loadBalancer.arnSuffix,
    targetGroup: target.arnSuffix,
  });
  for (const [what, alarm] of Object.entries(made)) {
    moveFrom(alarm, { scope: instances, id: `alarm-${id}-${what}` });
  }
  return { id, targetGroupArn: target.arn, targetGroupSuffix: target.arnSuffix };
}

const stickiness = ({ stickySeconds }: ServiceFile) =>
  stickySeconds === undefined
    ? { enabled: false, type: "lb_cookie" }
    : { enabled: true, type: "lb_cookie", cookieDuration: stickySeconds };
