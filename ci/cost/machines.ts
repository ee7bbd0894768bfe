import { type Item, nameOf, type Purpose, unpriced } from "./item.ts";
import { spotShare } from "./prices.ts";
import {
  block,
  blocks,
  type Fields,
  list,
  number,
  type Resource,
  referred,
  text,
} from "./stack.ts";

/** Size of the root volume where only the image knows it. */
const imageGb = 8;

const group = "Auto Scaling group";
const spotNote = `spot is taken to cost ${spotShare * 100} % of on demand`;

/** The machines of an Auto Scaling group, as many as Terraform asks for, and their volumes. */
export function machinesOfGroup(resource: Resource, stack: readonly Resource[]): Item[] {
  const { fields } = resource;
  const of = nameOf(resource);
  const count = number(fields.desired_capacity) ?? number(fields.min_size);
  if (count === undefined) {
    return [unpriced(group, of, "neither desired_capacity nor min_size is a number")];
  }
  const mixed = block(fields.mixed_instances_policy);
  const choice = block(mixed.launch_template);
  const template = templateOf(
    [...blocks(fields.launch_template), ...blocks(choice.launch_template_specification)],
    stack,
  );
  if (!template) return [unpriced(group, of, "its launch template is not in this stack")];

  const overrides = blocks(choice.override);
  if (overrides.some((it) => (number(it.weighted_capacity) ?? 1) !== 1)) {
    return [unpriced(group, of, "weighted_capacity: how many machines it has is not known")];
  }
  const types = overrides.flatMap((it) => text(it.instance_type) ?? []);
  const type = types[0] ?? text(template.instance_type);
  const distribution = block(mixed.instances_distribution);
  const onDemand = isSpot(template) ? 0 : countOnDemand(count, distribution);
  const range = `${number(fields.min_size) ?? count} to ${number(fields.max_size) ?? count}`;
  const choices = types.length > 1 ? `; one of ${types.join(", ")}` : "";
  return machines({
    type,
    of,
    onDemand,
    spot: count - onDemand,
    template,
    purpose: purposeOf(resource, of, stack),
    note: `${of}: ${range}${choices}`,
  });
}

/** A machine outside of a group, and its volumes. */
export function machine(resource: Resource, stack: readonly Resource[]): Item[] {
  const { fields } = resource;
  const of = nameOf(resource);
  const template: Fields = {
    ...templateOf(blocks(fields.launch_template), stack),
    ...fields,
    block_device_mappings: [
      { ebs: block(fields.root_block_device) },
      ...blocks(fields.ebs_block_device).map((ebs) => ({ ebs })),
    ],
    monitoring: { enabled: fields.monitoring },
    network_interfaces: { associate_public_ip_address: fields.associate_public_ip_address },
  };
  const type = text(template.instance_type);
  const [onDemand, spot] = isSpot(template) ? [0, 1] : [1, 0];
  const purpose = /consul/i.test(of) ? "consul" : "other";
  return machines({ type, of, onDemand, spot, template, purpose, note: of });
}

interface Machines {
  readonly type: string | undefined;
  readonly of: string;
  readonly onDemand: number;
  readonly spot: number;
  readonly template: Fields;
  readonly purpose: Purpose;
  readonly note: string;
}

function machines({ type, of, onDemand, spot, template, purpose, note }: Machines): Item[] {
  const count = onDemand + spot;
  if (count === 0) return [];
  if (type === undefined) {
    return [unpriced("instance", of, "its launch template names no instance type")];
  }
  const shared = { of, purpose };
  const hasAddress = blocks(template.network_interfaces).some(
    (it) => String(it.associate_public_ip_address) === "true",
  );
  const isWatched = String(block(template.monitoring).enabled) === "true";
  return [
    ...(onDemand > 0 ? [{ ...shared, what: type, count: onDemand, note }] : []),
    ...(spot > 0
      ? [{ ...shared, what: `${type} spot`, count: spot, note: `${note}; ${spotNote}` }]
      : []),
    ...volumes(template).map(({ what, gb, note: size }) => ({
      ...shared,
      what,
      count: count * gb,
      note: `${of}: ${count} × ${gb} GB${size}`,
    })),
    ...(hasAddress ? [{ ...shared, what: "public IPv4 address", count, note: of }] : []),
    ...(isWatched
      ? [{ ...shared, what: "detailed monitoring of an instance", count, note: of }]
      : []),
  ];
}

/** The volumes of one machine. The image brings a root volume, whether it is written down or not. */
function volumes(template: Fields): { what: string; gb: number; note: string }[] {
  const written = blocks(template.block_device_mappings).flatMap((it) => blocks(it.ebs));
  return (written.length > 0 ? written : [{}]).map((ebs: Fields) => {
    const gb = number(ebs.volume_size);
    return {
      what: `GB of ${text(ebs.volume_type) ?? "gp3"} volume`,
      gb: gb ?? imageGb,
      note: gb === undefined ? ", a guess: the image says how large" : "",
    };
  });
}

function templateOf(references: readonly Fields[], stack: readonly Resource[]): Fields | undefined {
  const names = references
    .flatMap((it) => [it.id, it.name, it.launch_template_id, it.launch_template_name])
    .flatMap((it) => referred(it, "aws_launch_template") ?? []);
  return stack.find((it) => it.type === "aws_launch_template" && names.includes(it.name))?.fields;
}

/** Without a distribution all are on demand, as at AWS. */
function countOnDemand(count: number, distribution: Fields): number {
  const base = Math.min(count, number(distribution.on_demand_base_capacity) ?? 0);
  const percent = number(distribution.on_demand_percentage_above_base_capacity) ?? 100;
  return base + Math.ceil(((count - base) * percent) / 100);
}

const isSpot = (template: Fields) => block(template.instance_market_options).market_type === "spot";

function purposeOf(resource: Resource, of: string, stack: readonly Resource[]): Purpose {
  const isAttached = stack.some(
    ({ type, fields }) =>
      /^aws_autoscaling_(attachment|traffic_source_attachment)$/.test(type) &&
      referred(fields.autoscaling_group_name, resource.type) === resource.name,
  );
  const targets = [
    ...list(resource.fields.target_group_arns),
    ...blocks(resource.fields.traffic_source),
  ];
  if (isAttached || targets.length > 0) return "service";
  return /consul/i.test(`${of} ${resource.name}`) ? "consul" : "other";
}
