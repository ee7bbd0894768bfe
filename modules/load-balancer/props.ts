import { isIPv6 } from "node:net";
import type { Construct } from "constructs";
import { Name, ServiceName } from "../../protocol/names.ts";
import { isCidr } from "../network/cidr.ts";
import { check, rule } from "../shared/check.ts";
import { wildcards } from "./pattern.ts";
import { manualPriority } from "./priority.ts";

export interface LoadBalancerProps {
  /** The cluster's name. Part of every resource's name. */
  readonly cluster: string;
  /**
   * Name of the load balancer within the cluster. Together with the cluster's name at most 31 characters.
   * @default "public"
   */
  readonly name?: string;
  /** The VPC of the subnets. */
  readonly vpcId: string;
  /** Subnets in at least two zones: public ones, or private ones when `internal`. */
  readonly subnetIds: readonly string[];
  /** Whether the load balancer has private addresses only. @default false */
  readonly internal?: boolean;
  /** ARN of an ACM certificate of this region. Needed unless `internal` or `plainHttp`. @default none */
  readonly certificateArn?: string;
  /** More certificates, for other domains: ARNs by a name of your choice. @default none */
  readonly additionalCertificateArns?: Readonly<Record<string, string>>;
  /** Whether the load balancer may serve the internet without encryption. @default false */
  readonly plainHttp?: boolean;
  /** Which TLS versions and ciphers are offered. @default "ELBSecurityPolicy-TLS13-1-2-2021-06" */
  readonly tlsPolicy?: string;
  /** Name of the bucket of the access logs, which have a line for each request. @default none */
  readonly accessLogsBucket?: string;
  /** ARN of a regional WAF web ACL. @default none */
  readonly webAclArn?: string;
  /**
   * Seconds without data after which a connection is closed, from 1 to 4000. A WebSocket has to ping
   * more often.
   * @default 60
   */
  readonly idleTimeoutSeconds?: number;
  /** Whether AWS refuses to delete the load balancer. @default true */
  readonly deletionProtection?: boolean;
  /**
   * Who may connect: `internet`, or CIDRs and ids of prefix lists ("pl-…"). Needed for an
   * internal load balancer. @default "internet"
   */
  readonly inbound?: "internet" | readonly string[];
  /** Security groups whose members may connect besides, by a name of your choice, like `{ instances: "sg-…" }`. @default none */
  readonly inboundSecurityGroups?: Readonly<Record<string, string>>;
}

/** A rule that sends requests from the load balancer to a service. */
export interface RuleProps {
  /** The service's name. */
  readonly service: string;
  /** Name of the rule, where the service has several. @default the service has one rule */
  readonly rule?: string;
  /** Host names; `*` and `?` are wildcards. Together with the paths at most 5. */
  readonly hosts: readonly string[];
  /** Paths like "/api/*". @default every path */
  readonly paths?: readonly string[];
  /** The target group that the requests go to. */
  readonly targetGroupArn: string;
  /** Priority of the rule, from 1 to 999; a lower one is evaluated first. @default derived from the name, from 1000 */
  readonly priority?: number;
}

/** The props with their defaults. `inbound` is empty where an internal load balancer lacks it. */
export function withDefaults(props: LoadBalancerProps) {
  const internal = props.internal ?? false;
  return {
    ...props,
    name: props.name ?? "public",
    internal,
    additionalCertificateArns: props.additionalCertificateArns ?? {},
    tlsPolicy: props.tlsPolicy ?? "ELBSecurityPolicy-TLS13-1-2-2021-06",
    idleTimeoutSeconds: props.idleTimeoutSeconds ?? 60,
    deletionProtection: props.deletionProtection ?? true,
    inbound: props.inbound ?? (internal ? [] : "internet"),
    inboundSecurityGroups: props.inboundSecurityGroups ?? {},
  };
}

/** @throws Problem that names every wrong prop. */
export function checkProps(construct: Construct, props: ReturnType<typeof withDefaults>): void {
  const fullName = `${props.cluster}-${props.name}`;
  const extra = Object.keys(props.additionalCertificateArns);
  const groups = Object.keys(props.inboundSecurityGroups);
  check(construct, [
    rule("cluster", props.cluster, '"staging"', (it) => Name.safeParse(it).success),
    rule("name", props.name, '"public"', (it) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(it)),
    rule(
      "cluster and name",
      fullName,
      'at most 32 characters together, not beginning with "internal-" or "sg-", like "staging-public"',
      // AWS keeps these beginnings for itself, in names of load balancers and security groups.
      (it) => it.length <= 32 && !/^(internal|sg)-/.test(it),
    ),
    rule(
      "subnetIds",
      props.subnetIds,
      "subnets of at least two zones, like a network's publicSubnetIds",
      (it) => it.length >= 2,
    ),
    rule(
      "certificateArn",
      props.certificateArn,
      "the ARN of an ACM certificate of this region; or plainHttp: true, to serve the internet without encryption",
      (it) => it !== undefined || props.internal || props.plainHttp === true,
    ),
    rule(
      "plainHttp",
      props.plainHttp,
      "left out where there is a certificateArn",
      (it) => !(it && props.certificateArn),
    ),
    rule(
      "additionalCertificateArns",
      props.additionalCertificateArns,
      'ARNs by short names, beside a certificateArn, like { shop: "arn:aws:acm:…" }',
      () => extra.every(isShort) && (extra.length === 0 || props.certificateArn !== undefined),
    ),
    rule(
      "tlsPolicy",
      props.tlsPolicy,
      'a policy without TLS 1.0 and 1.1, like "ELBSecurityPolicy-TLS13-1-2-2021-06"',
      (it) => /^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-/.test(it),
    ),
    rule(
      "idleTimeoutSeconds",
      props.idleTimeoutSeconds,
      "a whole number from 1 to 4000, like 60",
      (it) => isWhole(it, 1, 4000),
    ),
    rule(
      "inbound",
      props.inbound,
      props.internal
        ? 'CIDRs of those who may call it, like ["10.42.0.0/16"]; or inboundSecurityGroups'
        : '"internet", or CIDRs and prefix lists, like ["203.0.113.0/24", "pl-0123456789abcdef0"]',
      (it) =>
        it === "internet"
          ? !props.internal
          : Array.isArray(it) && (it.length > 0 || groups.length > 0) && it.every(isPeer),
    ),
    rule(
      "inboundSecurityGroups",
      groups,
      'short names, each with the id of a group, like { instances: "sg-0123456789abcdef0" }',
      (it) => it.every(isShort),
    ),
  ]);
}

/** A rule's name, in messages and for its priority. */
export const ruleName = ({ service, rule }: RuleProps): string =>
  rule === undefined ? service : `${service}/${rule}`;

/** @throws Problem that names every wrong field of the rule. */
export function checkRule(
  construct: Construct,
  props: RuleProps,
  taken: (name: string) => boolean,
): void {
  const { service, hosts, paths = [] } = props;
  const values = [...hosts, ...paths];
  check(construct, [
    rule("service", service, '"web"', (it) => ServiceName.safeParse(it).success),
    rule(
      `rule of ${service}`,
      props.rule,
      'a name that no other rule of the service has, like "old-hosts"',
      (it) => (it === undefined || isShort(it)) && !taken(ruleName(props)),
    ),
    rule(
      `hosts of ${service}`,
      hosts,
      'host names, like ["www.example.org", "*.shop.example.org"]',
      (it) => it.length > 0 && it.every(isHost),
    ),
    rule(
      `paths of ${service}`,
      paths,
      'paths from the root, like ["/api/*"]; left out for every path',
      (it) => it.every(isPath),
    ),
    rule(
      `hosts and paths of ${service}`,
      values,
      "at most 5 together; use a wildcard, like *.example.org, or spread them over several addRule, each with its own `rule`",
      (it) => it.length <= 5,
    ),
    rule(
      `wildcards of ${service}`,
      values,
      "at most 6 characters * and ? together; spread them over several addRule, each with its own `rule`",
      (it) => wildcards(it.join("")) <= 6,
    ),
    rule(
      `priority of ${service}`,
      props.priority,
      `a whole number from ${manualPriority.least} to ${manualPriority.most}; left out to derive it`,
      (it) => it === undefined || isWhole(it, manualPriority.least, manualPriority.most),
    ),
  ]);
}

const isShort = (name: string) => /^[a-z][a-z0-9-]{0,30}$/.test(name);

const isWhole = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** nginx answers 400 to a host with an empty label. */
const isHost = (host: string) =>
  host.length <= 128 &&
  !host.includes("..") &&
  /^[a-z0-9*?][a-z0-9.*?-]*\.[a-z][a-z0-9-]*$/i.test(host);

const isPath = (path: string) =>
  path.length <= 128 && /^[/*][A-Za-z0-9_.$/~"'@:+&*?-]*$/.test(path);

/** A list cannot allow everybody: that takes the word `internet`. */
function isPeer(peer: string): boolean {
  if (/^pl-[0-9a-f]+$/.test(peer)) return true;
  const [address = "", prefix = ""] = peer.split("/");
  const long = isIPv6(address) ? 128 : isCidr(peer) ? 32 : 0;
  return /^\d{1,3}$/.test(prefix) && isWhole(Number(prefix), 1, long);
}
