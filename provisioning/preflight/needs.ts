import type { Cluster } from "../../modules/cluster/index.ts";
import { consulNames } from "../../modules/consul/names.ts";

/** What a cluster needs of its account before its first apply. */
export interface Needs {
  readonly cluster: string;
  readonly region: string;
  /** SSM parameters of the images that its instances boot. */
  readonly imageParameters: readonly string[];
  /** References to secrets that people make: `secretsmanager:…` or `ssm:…`, without a field. */
  readonly secrets: readonly string[];
  readonly zone: { readonly id: string; readonly domain: string } | undefined;
  /** How many of each kind, by a quota's short name. */
  readonly counts: Readonly<Record<QuotaName, number>>;
}

export type QuotaName = "addresses" | "networks" | "load balancers" | "processors";

interface Stack {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
}
type Resource = Readonly<Record<string, unknown>>;

/** @param stackText the cluster's `cdk.tf.json`: what the file becomes is counted there. */
export function needsOf(cluster: Cluster, stackText: string): Needs {
  const { resource = {} } = JSON.parse(stackText) as Stack;
  const all = (type: string) => Object.values(resource[type] ?? {});
  const images = all("aws_launch_template").map(({ image_id }) => String(image_id));
  const token = `ssm:${consulNames(cluster.name).managementTokenParameter}`;
  return {
    cluster: cluster.name,
    region: cluster.region,
    imageParameters: unique(images.flatMap((it) => /^resolve:ssm:([^:]+)/.exec(it)?.[1] ?? [])),
    secrets: unique([token, ...referencesIn(cluster)]),
    zone: cluster.dns && { id: cluster.dns.zoneId, domain: cluster.dns.domain },
    counts: {
      addresses: all("aws_eip").length,
      networks: all("aws_vpc").length,
      "load balancers": all("aws_lb").length,
      processors: processorsOf(resource),
    },
  };
}

const unique = (all: readonly string[]): string[] => [...new Set(all)].sort();

const referencesIn = (cluster: Cluster): string[] =>
  [...JSON.stringify(cluster).matchAll(/"((?:ssm|secretsmanager):[^"#]+)/g)].map(
    ([, it]) => it as string,
  );

/** Processors of the instances that are there at least, by the largest type of each group. */
function processorsOf(resource: NonNullable<Stack["resource"]>): number {
  const templates = resource.aws_launch_template ?? {};
  return Object.values(resource.aws_autoscaling_group ?? {}).reduce((sum, group) => {
    const text = JSON.stringify(group);
    const template = /aws_launch_template\.([\w-]+)/.exec(text)?.[1] ?? "";
    const types = typesIn(text + JSON.stringify(templates[template] ?? {}));
    return sum + Number(group.min_size ?? 0) * Math.max(...types.map(processors), 1);
  }, 0);
}

const typesIn = (text: string): string[] =>
  [...text.matchAll(/"instance_type":"([a-z0-9-]+\.[a-z0-9-]+)"/g)].map(([, it]) => it as string);

/** Processors of an instance type, by AWS's scheme of sizes. */
export function processors(type: string): number {
  const [family = "", size = ""] = type.split(".");
  const [, times, large] = /^(\d*)(xlarge)$/.exec(size) ?? [];
  if (large) return 4 * Number(times || 1);
  if (size.startsWith("metal")) return 64;
  return size === "medium" && !family.startsWith("t") ? 1 : 2;
}
