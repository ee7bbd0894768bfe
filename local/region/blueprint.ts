import { Problem } from "../../lib/problem.ts";
import { ServiceFile } from "../../protocol/service-file.ts";
import type { Applied, AppliedResource } from "../../terraform/terraform.ts";
import type { AppliedCluster } from "../terraform/apply-cluster.ts";

/** Instances of one Auto Scaling group. */
export interface InstanceGroup {
  /** The service that names it; its instances are `<service>-1`, `<service>-2`, … */
  readonly service: string;
  /** The services that the user data names. */
  readonly services: readonly ServiceFile[];
  /** Desired number of instances. */
  readonly count: number;
  /** The launch template's user data, decoded. */
  readonly userData: string;
  /** SSM parameter of the agents' Consul token. */
  readonly tokenParameter: string;
}

/** Leads requests for some hosts and paths to a group. */
export interface ListenerRule {
  readonly service: string;
  readonly hosts: readonly string[];
  /** Every path, where there is none. */
  readonly paths: readonly string[];
  /** For how long a client stays with an instance, in seconds. */
  readonly stickySeconds?: number;
  /** What the load balancer speaks to the instances. @default HTTP/1.1 */
  readonly protocol?: "http2" | "grpc";
  /** Whether only instances may ask. @default false */
  readonly isInternal?: true;
  /** The group's `service`. */
  readonly group: string;
}

/** The parts of a region, read from what Terraform applied and from nothing else. */
export interface Blueprint {
  readonly consulServers: number;
  readonly groups: readonly InstanceGroup[];
  readonly rules: readonly ListenerRule[];
  /** Seconds without data after which the load balancer closes a connection. */
  readonly idleTimeoutSeconds: number;
  /** Whether the load balancer has a listener with TLS. */
  readonly hasTls: boolean;
  readonly artifactsBucket: string;
  /** Suffix of the uploads that are announced. */
  readonly notificationSuffix: string;
  readonly queue: string;
  readonly deadLetters: string;
  /** SSM parameter of the announce function's Consul token. */
  readonly announceTokenParameter: string;
  /** The announce function's `TRACE` variable: where its traces go. */
  readonly announceTrace: string | undefined;
  /** Policies of Consul; each has one token. */
  readonly policies: readonly { readonly name: string; readonly rules: string }[];
  /** Keys of Consul KV that Terraform keeps. */
  readonly keys: readonly { readonly path: string; readonly value: string }[];
}

/** @throws Problem for an applied cluster that lacks a part of a region. */
export function readBlueprint({ aws, config }: AppliedCluster): Blueprint {
  const groups = aws.resources.filter(isServiceGroup).map((it) => instanceGroup(aws, it));
  const notification = only(aws, "aws_s3_bucket_notification").values;
  const queueArn = notification.queue[0].queue_arn as string;
  const queue = find(aws, "aws_sqs_queue", (it) => it.arn === queueArn);
  const redrive = JSON.parse(queue.redrive_policy) as { deadLetterTargetArn: string };
  const announce = only(aws, "aws_lambda_function").values;
  return {
    consulServers: of(aws, "aws_autoscaling_group").filter(isConsulServer).length,
    groups,
    rules: listenerRules(aws, groups),
    idleTimeoutSeconds: find(aws, "aws_lb", (it) => it.internal !== true).idle_timeout as number,
    hasTls: of(aws, "aws_lb_listener").some(({ values }) => values.protocol === "HTTPS"),
    artifactsBucket: notification.bucket,
    notificationSuffix: notification.queue[0].filter_suffix,
    queue: queue.name,
    deadLetters: find(aws, "aws_sqs_queue", (it) => it.arn === redrive.deadLetterTargetArn).name,
    announceTokenParameter: withoutScheme(announce.environment[0].variables.CONSUL_TOKEN),
    announceTrace: announce.environment[0].variables.TRACE,
    policies: of(config, "consul_acl_policy").map(({ values: { name, rules } }) => ({
      name,
      rules,
    })),
    keys: of(config, "consul_keys").flatMap(({ values }) =>
      (values.key as { path: string; value: string }[]).map(({ path, value }) => ({ path, value })),
    ),
  };
}

/** Each of Consul's servers has a group of its own. */
const isConsulServer = ({ address }: AppliedResource) => /\.consul_server-\d+_/.test(address);

/** Consul's servers have groups too; they carry no service's file. */
const isServiceGroup = ({ type, address }: AppliedResource) =>
  type === "aws_autoscaling_group" && /\.service-/.test(address);

function instanceGroup(aws: Applied, { values }: AppliedResource): InstanceGroup {
  const { min_size, max_size, desired_capacity, launch_template, mixed_instances_policy } = values;
  const mixed = mixed_instances_policy?.[0]?.launch_template?.[0]?.launch_template_specification;
  const id = launch_template?.[0]?.id ?? mixed?.[0]?.launch_template_id;
  const template = find(aws, "aws_launch_template", (it) => it.id === id);
  const userData = Buffer.from(template.user_data, "base64").toString();
  const files = userDataFiles(userData);
  const services = [...files]
    .filter(([path]) => path.startsWith("/etc/shoestring/services/"))
    .map(([, content]) => ServiceFile.parse(JSON.parse(content)));
  const agent = JSON.parse(files.get("/etc/shoestring/agent.json") ?? "{}");
  return {
    service: (services[0] as ServiceFile).service,
    services,
    // An Auto Scaling group also moves its desired capacity into changed limits.
    count: Math.min(Math.max(desired_capacity, min_size), max_size),
    userData,
    tokenParameter: withoutScheme(agent.consulToken),
  };
}

/** Files that cloud-init writes, by path. Below its headers the text is JSON, escaped for jinja. */
export function userDataFiles(userData: string): Map<string, string> {
  const escaped = userData.slice(userData.indexOf("{", userData.indexOf("#cloud-config")));
  const json = escaped.replaceAll(/\{\{ "(\{.)" \}\}/g, "$1");
  const { write_files } = JSON.parse(json) as { write_files: { path: string; content: string }[] };
  return new Map(write_files.map(({ path, content }) => [path, content]));
}

function listenerRules(aws: Applied, groups: readonly InstanceGroup[]): ListenerRule[] {
  const autoscaling = aws.resources.filter(isServiceGroup);
  const rules = of(aws, "aws_lb_listener_rule").flatMap(({ values }) => {
    const arn = values.action[0].target_group_arn as string;
    const at = autoscaling.findIndex((it) => it.values.target_group_arns.includes(arn));
    const group = groups[at];
    if (!group) return []; // a task's, not an instance's
    const target = find(aws, "aws_lb_target_group", (it) => it.arn === arn);
    const service = (target.health_check[0].path as string).split("/").at(-1) as string;
    const valuesOf = (kind: "host_header" | "path_pattern") =>
      values.condition.flatMap(
        (it: AppliedResource["values"]) => it[kind]?.[0]?.values ?? [],
      ) as string[];
    const [hosts, paths] = [valuesOf("host_header"), valuesOf("path_pattern")];
    const { enabled, cookie_duration } = target.stickiness?.[0] ?? {};
    const sticky = enabled ? { stickySeconds: cookie_duration as number } : {};
    const place = { priority: values.priority as number, group: group.service };
    const internal = isInternal(aws, values.listener_arn) ? { isInternal: true as const } : {};
    return [{ ...place, service, hosts, paths, ...sticky, ...protocolOf(target), ...internal }];
  });
  return rules.sort((a, b) => a.priority - b.priority).map(({ priority, ...rule }) => rule);
}

function protocolOf({
  protocol_version,
}: AppliedResource["values"]): Pick<ListenerRule, "protocol"> {
  if (protocol_version === "GRPC") return { protocol: "grpc" };
  return protocol_version === "HTTP2" ? { protocol: "http2" } : {};
}

/** Whether the load balancer of a listener has private addresses only. */
function isInternal(aws: Applied, listenerArn: string): boolean {
  const inside = of(aws, "aws_lb").filter(({ values }) => values.internal === true);
  const at = of(aws, "aws_lb_listener").find(({ values }) => values.arn === listenerArn);
  return inside.some(({ values }) => values.arn === at?.values.load_balancer_arn);
}

const withoutScheme = (reference: string) => reference.replace(/^ssm:/, "");

const of = (applied: Applied, type: string) =>
  applied.resources.filter((it) => it.mode === "managed" && it.type === type);

function only(applied: Applied, type: string): AppliedResource {
  const [first, ...more] = of(applied, type);
  if (!first || more.length > 0)
    throw unfit(`${more.length + (first ? 1 : 0)} of ${type}, not one`);
  return first;
}

function find(
  applied: Applied,
  type: string,
  is: (values: AppliedResource["values"]) => boolean,
): AppliedResource["values"] {
  const found = of(applied, type).find(({ values }) => is(values));
  if (!found) throw unfit(`no ${type} that another resource names`);
  return found.values;
}

const unfit = (why: string) =>
  new Problem({
    happened: `what Terraform applied is no cluster that a region can boot: it has ${why}`,
    unchanged: "what runs of the region goes on",
    next: "look at it with: terraform -chdir=.local/terraform/stacks/local show",
  });
