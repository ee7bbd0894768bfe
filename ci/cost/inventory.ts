import { type Item, nameOf, unpriced } from "./item.ts";
import { machine, machinesOfGroup } from "./machines.ts";
import { pricedRegion } from "./prices.ts";
import {
  block,
  blocks,
  list,
  number,
  type Resource,
  referred,
  regionOf,
  resourcesOf,
  text,
} from "./stack.ts";

/** The parts of a stack that may cost something. */
export interface Inventory {
  readonly items: readonly Item[];
  /** Services behind a load balancer: target groups that take HTTP. */
  readonly services: number;
  /** Whether it has a network of its own. */
  readonly hasNetwork: boolean;
}

type Reader = (resource: Resource, stack: readonly Resource[]) => Item[];

const one =
  (what: string): Reader =>
  (resource) => [{ what, count: 1, of: nameOf(resource) }];

/** Target tracking makes two alarms of its own: one to add and one to remove instances. */
const tracking: Reader = (resource) =>
  resource.fields.policy_type === "TargetTrackingScaling"
    ? [{ what: "CloudWatch alarm", count: 2, of: nameOf(resource) }]
    : [];

const readers: Readonly<Record<string, Reader>> = {
  aws_autoscaling_group: machinesOfGroup,
  aws_instance: machine,
  aws_ebs_volume(resource) {
    const what = `GB of ${text(resource.fields.type) ?? "gp2"} volume`;
    const count = number(resource.fields.size);
    const of = nameOf(resource);
    if (count === undefined) return [unpriced("volume", of, "its size is not a number")];
    return [{ what, count, of, purpose: /consul/i.test(of) ? "consul" : "other" }];
  },
  aws_nat_gateway: (resource) =>
    resource.fields.connectivity_type === "private" ? [] : one("NAT gateway")(resource, []),
  aws_eip: one("public IPv4 address"),
  aws_lb: loadBalancer,
  aws_alb: loadBalancer,
  aws_vpc_endpoint(resource) {
    const { vpc_endpoint_type: type, subnet_ids, subnet_configuration } = resource.fields;
    if (type !== "Interface") return [];
    const zones = list(subnet_ids).length || blocks(subnet_configuration).length || 1;
    return [{ what: "interface endpoint in a zone", count: zones, of: nameOf(resource) }];
  },
  aws_db_instance: database,
  aws_ecs_service: tasks,
  aws_appautoscaling_policy: tracking,
  aws_autoscaling_policy: tracking,
  aws_cloudwatch_metric_alarm({ name, fields }) {
    const metrics = blocks(fields.metric_query).flatMap((it) => blocks(it.metric));
    const periods = [fields.period, ...metrics.map((it) => it.period)].flatMap(
      (it) => number(it) ?? [],
    );
    const isQuick = periods.some((it) => it < 60);
    return [
      {
        what: isQuick ? "CloudWatch alarm below a minute" : "CloudWatch alarm",
        count: Math.max(metrics.length, 1),
        of: text(fields.alarm_name) ?? name,
      },
    ];
  },
  aws_wafv2_web_acl: (resource) => [
    ...one("web ACL")(resource, []),
    ...blocks(resource.fields.rule).map(() => ({
      what: "rule of a web ACL",
      count: 1,
      of: nameOf(resource),
    })),
  ],
  aws_cloudwatch_composite_alarm: one("composite CloudWatch alarm"),
  aws_cloudwatch_dashboard: one("CloudWatch dashboard"),
  aws_kms_key: one("KMS key"),
  aws_secretsmanager_secret: one("Secrets Manager secret"),
  aws_route53_zone: one("Route 53 zone"),
  aws_route53_health_check: one("Route 53 health check"),
  aws_s3_bucket: one("S3 bucket"),
  aws_lambda_function: one("Lambda function"),
  aws_sqs_queue: one("SQS queue"),
  aws_sns_topic: one("SNS topic"),
  aws_cloudfront_distribution: one("CloudFront distribution"),
  aws_cloudwatch_log_group: one("CloudWatch log group"),
  aws_dynamodb_table: one("DynamoDB table"),
};

/** Types that cost nothing themselves: rules, rights, names, and parts of priced resources. */
const free = [
  /^aws_(iam|ssm|acm|budgets)_/,
  /^aws_(default_)?(vpc|subnet|security_group|route|route_table|network_acl)$/,
  /^aws_(vpc_security_group|vpc_endpoint|vpc_dhcp_options|security_group|route_table|main_route_table)_/,
  /^aws_(internet_gateway|egress_only_internet_gateway|flow_log|key_pair|placement_group)$/,
  /^aws_(eip_association|volume_attachment|ebs_encryption_by_default|ec2_tag)$/,
  /^aws_ec2_(managed_prefix_list|instance_metadata_defaults)/,
  /^aws_(alb|lb)_/,
  /^aws_launch_template$/,
  /^aws_autoscaling_(attachment|traffic_source_attachment|lifecycle_hook|notification|schedule)$/,
  /^aws_autoscaling_group_tag$/,
  /^aws_appautoscaling_(target|scheduled_action)$/,
  /^aws_ecs_(cluster|task_definition|cluster_capacity_providers)$/,
  /^aws_db_(subnet_group|parameter_group|option_group)$/,
  /^aws_(s3_bucket|sqs_queue|sns_topic|secretsmanager_secret|wafv2_web_acl)_/,
  /^aws_lambda_(permission|event_source_mapping|alias|layer_version|function_event_invoke_config)$/,
  /^aws_kms_(alias|grant|key_policy)$/,
  /^aws_cloudfront_/,
  /^aws_cloudwatch_(log_|event_)/,
  /^aws_route53_(record|zone_association)$/,
  /^aws_service_discovery_/,
  /^aws_network_interface/,
];

/** Reads the parts of a stack. A part that it does not understand becomes a line with a problem. */
export function inventory(stackJson: unknown): Inventory {
  const stack = resourcesOf(stackJson);
  const found = stack.flatMap((resource): Item[] => {
    const { type, fields } = resource;
    const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
    if (!read) {
      if (!type.startsWith("aws_") || free.some((it) => it.test(type))) return [];
      return [{ what: type, count: 1, of: nameOf(resource), note: unknownType }];
    }
    if (fields.count !== undefined || fields.for_each !== undefined) {
      return [unpriced(type, nameOf(resource), "how many there are is not known: count, for_each")];
    }
    return read(resource, stack);
  });
  const region = regionOf(stackJson) ?? pricedRegion;
  return {
    items: found.map((it) =>
      region === pricedRegion
        ? it
        : { ...it, note: `${it.note ?? it.of}; in ${region} it differs` },
    ),
    services: stack.filter(takesHttp).length,
    hasNetwork: stack.some(({ type }) => type === "aws_vpc"),
  };
}

/** The inventory of all stacks of one cluster. */
export function inventoryOf(stackJsons: readonly unknown[]): Inventory {
  const all = stackJsons.map(inventory);
  return {
    items: all.flatMap((it) => it.items),
    services: all.reduce((sum, it) => sum + it.services, 0),
    hasNetwork: all.some((it) => it.hasNetwork),
  };
}

/** The problem of a type that has no price and is not known to be free. */
export const unknownType = "not in the sum: ci/cost/inventory.ts does not know this type";

const takesHttp = ({ type, fields }: Resource) =>
  /^aws_(alb|lb)_target_group$/.test(type) &&
  (fields.protocol === undefined || fields.protocol === "HTTP" || fields.protocol === "HTTPS");

function loadBalancer(resource: Resource): Item[] {
  const { load_balancer_type: type = "application", internal, subnets } = resource.fields;
  const of = nameOf(resource);
  if (type !== "application" && type !== "network") {
    return [unpriced("load balancer", of, `its type ${String(type)} is not known`)];
  }
  const zones = list(subnets).length || blocks(resource.fields.subnet_mapping).length || 2;
  return [
    { what: `${type} load balancer`, count: 1, of },
    { what: "load balancer capacity unit", count: 1, of },
    ...(String(internal) === "true" ? [] : [{ what: "public IPv4 address", count: zones, of }]),
  ];
}

function database(resource: Resource): Item[] {
  const { instance_class, multi_az, allocated_storage, storage_type } = resource.fields;
  const of = nameOf(resource);
  const zones = String(multi_az) === "true" ? " in two zones" : "";
  const gb = number(allocated_storage);
  const storage = text(storage_type) ?? "gp2";
  const passwords = String(resource.fields.manage_master_user_password) === "true";
  return [
    { what: `${text(instance_class) ?? "database"}${zones}`, count: 1, of },
    gb === undefined
      ? unpriced("storage of a database", of, "allocated_storage is not a number")
      : { what: `GB of ${storage} for a database${zones}`, count: gb, of },
    ...(passwords ? [{ what: "Secrets Manager secret", count: 1, of }] : []),
  ];
}

function tasks(resource: Resource, stack: readonly Resource[]): Item[] {
  const { fields } = resource;
  const of = nameOf(resource);
  const strategies = blocks(fields.capacity_provider_strategy);
  const isFargate =
    fields.launch_type === "FARGATE" ||
    strategies.some((it) => String(it.capacity_provider).startsWith("FARGATE"));
  // On machines of its own, ECS costs nothing.
  if (!isFargate) return [];
  const taskName = referred(fields.task_definition, "aws_ecs_task_definition");
  const task = stack.find((it) => it.type === "aws_ecs_task_definition" && it.name === taskName);
  const count = number(fields.desired_count) ?? 0;
  const cpu = number(task?.fields.cpu);
  const memory = number(task?.fields.memory);
  if (cpu === undefined || memory === undefined) {
    return [unpriced("Fargate task", of, "its task definition is not here, or has no cpu, memory")];
  }
  if (count === 0) return [];
  const isArm = block(task?.fields.runtime_platform).cpu_architecture === "ARM64";
  const processor = isArm ? "arm64" : "x86_64";
  const [vcpu, gb] = [cpu / 1024, memory / 1024];
  const isSpot = strategies.some((it) => it.capacity_provider === "FARGATE_SPOT");
  const note = (each: string) =>
    `${of}: ${count} × ${each}${isSpot ? "; at the on-demand price, spot is less" : ""}`;
  return [
    { what: `Fargate vCPU, ${processor}`, count: count * vcpu, of, note: note(`${vcpu} vCPU`) },
    { what: `Fargate GB, ${processor}`, count: count * gb, of, note: note(`${gb} GB`) },
  ];
}
