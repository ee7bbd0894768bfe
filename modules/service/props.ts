import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { check, type PropRule, rule } from "../shared/check.ts";
import { accountRule } from "../shared/common-rules.ts";
import { type Architecture, architectureOf } from "../shared/image.ts";
import type { ScalingSpec, ScheduleSpec, TraceSpec } from "../spec/cluster.ts";
import { portClashes } from "./ports.ts";
import { scalingRules } from "./scaling-rules.ts";
import type { UserDataProps } from "./user-data.ts";

export interface ServiceProps {
  /** The AWS account, 12 digits. */
  readonly account: string;
  /** The AWS region, like `eu-central-1`. */
  readonly region: string;
  /** The service, with every default filled in: `serviceFile(cluster, "web")`. The resources are named after it. */
  readonly service: ServiceFile;
  /** More services that run on the same instances. @default none */
  readonly colocatedServices?: readonly ServiceFile[];
  /** The VPC of the instances. */
  readonly vpcId: string;
  /** Subnets of the instances, one or more; in several zones, so that one zone may fail. */
  readonly subnetIds: readonly string[];
  /** Whether instances get a public address, where there is no NAT gateway. @default false */
  readonly assignPublicIp?: boolean;
  /** Resources that Terraform has to create before an instance boots, like a network's `internetRoutes`. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Security groups of the instances besides their own, like that of Consul's clients. @default none */
  readonly securityGroupIds?: readonly string[];
  /** How an instance joins Consul. */
  readonly consul: UserDataProps["consul"];
  /** Slack channel to which deploys are reported. @default none */
  readonly slack?: UserDataProps["slack"];
  /** Collector to which agents send the trace of each deploy. @default none */
  readonly trace?: TraceSpec;
  /** The fewest instances, and the number at first. */
  readonly min: number;
  /** The most instances: up to there `scaling`, a `schedule` or a person may raise their number. @default twice `min` */
  readonly max?: number;
  /** What raises and lowers the number between `min` and `max`. @default nothing: people set it */
  readonly scaling?: ScalingSpec;
  /** Other limits at times that come again, by name, in the service's time zone. @default none */
  readonly schedule?: Readonly<Record<string, ScheduleSpec>>;
  /** Instance types, the preferred one first. With several, or with spot, the Auto Scaling group is a mixed one. @default ["t4g.small"] */
  readonly instanceTypes?: readonly string[];
  /** Processor architecture of all the instance types. @default "arm64" */
  readonly architecture?: Architecture;
  /** Part of the instances above `onDemandBase` that are spot, in percent. @default 0 */
  readonly spotPercent?: number;
  /** Instances that are never spot: so many of them, before any is. Beside `spotPercent` only. @default `min` */
  readonly onDemandBase?: number;
  /** Channel in which images are published; an instance boots the newest of its channel. @default "stable" */
  readonly imageChannel?: string;
  /** Size of the root disk, in GiB. It holds releases, logs and the system. @default 20 */
  readonly diskGib?: number;
  /** SNS topic that is notified when any alarm begins and when it ends. */
  readonly alarmTopicArn: string;
  /** Share of responses with a status of 5xx above which the alarm is raised, in percent. @default 1 */
  readonly errorPercent?: number;
  /** 99th percentile of the response time above which the alarm is raised, in seconds. @default 1 */
  readonly slowSeconds?: number;
  /** Operating system of the instances. Only Linux can be built now. @default "linux" */
  readonly platform?: "linux" | "windows";
}

const serviceConstructDefaults = {
  colocatedServices: [],
  assignPublicIp: false,
  dependsOn: [],
  securityGroupIds: [],
  instanceTypes: ["t4g.small"],
  architecture: "arm64",
  schedule: {},
  spotPercent: 0,
  imageChannel: "stable",
  diskGib: 20,
  errorPercent: 1,
  slowSeconds: 1,
  platform: "linux",
} as const satisfies Partial<ServiceProps>;

/** Props of which nothing stands for what is left out. */
type Optional = "slack" | "trace" | "scaling" | "onDemandBase";

export type AllProps = Required<Omit<ServiceProps, Optional>> &
  Pick<ServiceProps, Optional> & {
    /** `<cluster>-<service>`: what everything is called. */
    readonly name: string;
  };

export function withDefaults(props: ServiceProps): AllProps {
  const { service, min } = props;
  const name = `${service.cluster}-${service.service}`;
  return { max: min * 2, ...serviceConstructDefaults, ...props, name };
}

/** AWS takes a target group's name without a last dash, and 32 characters of it. */
export const targetGroupName = (name: string): PropRule =>
  rule(
    "cluster and service",
    name,
    'at most 32 characters together, as a target group\'s name, like "staging-web"',
    (it) => it.length <= 32 && !it.endsWith("-"),
  );

/** @throws Problem that names every wrong prop. */
export function checkProps(construct: Construct, props: AllProps): void {
  const { min, architecture } = props;
  const count = (it: number) => Number.isInteger(it) && it >= 0;
  const kind = architecture === "arm64" ? '"t4g.small"' : '"t3a.small"';
  check(construct, [
    targetGroupName(props.name),
    accountRule(props.account),
    rule("subnetIds", props.subnetIds, "one or more subnets", (it) => it.length > 0),
    rule("min", min, "a whole number from 0 to 1000, like 2", (it) => count(it) && it <= 1000),
    rule(
      "max",
      props.max,
      `a whole number from min (${min}) to 1000, like ${min * 2}`,
      (it) => count(it) && it >= min && it <= 1000,
    ),
    rule(
      "instanceTypes",
      props.instanceTypes,
      `one or more types for ${architecture}, like [${kind}]`,
      (it) =>
        it.length > 0 &&
        it.every((t) => /^[a-z0-9-]+\.[a-z0-9-]+$/.test(t) && architectureOf(t) === architecture),
    ),
    ...scalingRules(props),
    rule("imageChannel", props.imageChannel, '"stable"', (it) => /^[a-z][a-z0-9-]*$/.test(it)),
    rule("diskGib", props.diskGib, "a whole number from 8 to 1000, like 20", (it) =>
      Number.isInteger(it) ? it >= 8 && it <= 1000 : false,
    ),
    rule(
      "colocatedServices",
      portClashes([props.service, ...props.colocatedServices]),
      "services whose port ranges do not meet; give one another basePort, like 9000",
      (it) => it.length === 0,
    ),
    rule("platform", props.platform, '"linux"; Windows is not built yet', (it) => it === "linux"),
  ]);
}
