import { cents, type Estimate, priced } from "./estimate.ts";
import { type Inventory, inventoryOf } from "./inventory.ts";
import type { Item } from "./item.ts";
import { instanceTypes } from "./prices.ts";

/**
 * The common way, as a bill for the same services. These are assumptions, not measurements. They
 * are listed so that a reader who builds otherwise can subtract them.
 */
export const commonRules = [
  "each service has a load balancer of its own, with as many addresses as ours has; the load, and so the capacity units, are the same",
  "a NAT gateway with an address in each of two zones, and machines have no public addresses",
  "machines that a load balancer sends requests to are one size up in their family: one service to a machine, with room for its peak",
  "no Consul servers: config lies where reading it is free",
  "all else is the same: databases, tasks, volumes, alarms",
];

const zones = 2;
const commonAddresses = 2;

export interface Comparison {
  readonly ours: Estimate;
  readonly common: Estimate;
  /** The saving against the common way, in percent; undefined if a price is missing. */
  readonly lessPercent?: number;
}

/** The bill of a cluster's stacks, and that of the same services built the common way. */
export function comparison(stackJsons: readonly unknown[]): Comparison {
  const inventory = inventoryOf(stackJsons);
  const ours = priced(inventory.items);
  const common = priced(theCommonWay(inventory));
  const isWhole = [...ours.lines, ...common.lines].every((it) => !it.isMissing);
  if (!isWhole) return { ours, common };
  const less = common.monthlyUsd - ours.monthlyUsd;
  return { ours, common, lessPercent: less === 0 ? 0 : cents((100 * less) / common.monthlyUsd) };
}

/** The items of a cluster that is built by `commonRules`. */
function theCommonWay({ items, services, hasNetwork }: Inventory): Item[] {
  const kept = items
    .filter((it) => it.purpose !== "consul")
    .filter((it) => !(isAddress(it) && it.purpose !== undefined))
    .map((it) => (it.purpose === "service" ? { ...it, what: oneSizeUp(it.what) } : it));
  return [...kept, ...moreBalancers(items, services), ...(hasNetwork ? moreGateways(items) : [])];
}

/** The next larger type of a family, also of a spot machine; other items stay as they are. */
export function oneSizeUp(what: string): string {
  const [type = "", ...rest] = what.split(" ");
  const family = type.slice(0, type.indexOf(".") + 1);
  const place = instanceTypes.indexOf(type);
  if (place < 0) return what;
  const next = instanceTypes[place + 1];
  const larger = next?.startsWith(family) ? next : `the size above ${type}`;
  return [larger, ...rest].join(" ");
}

const isAddress = ({ what }: Item) => what === "public IPv4 address";

function moreBalancers(items: readonly Item[], services: number): Item[] {
  const what = "application load balancer";
  const ours = items.filter((it) => it.what === what);
  const count = services - ours.length;
  if (count <= 0) return [];
  const [first] = ours;
  const addresses = first
    ? (items.find((it) => isAddress(it) && it.of === first.of)?.count ?? 0)
    : commonAddresses;
  const of = "one for each service";
  return [
    { what, count, of },
    ...(addresses > 0 ? [{ what: "public IPv4 address", count: count * addresses, of }] : []),
  ];
}

function moreGateways(items: readonly Item[]): Item[] {
  const what = "NAT gateway";
  const count = zones - items.filter((it) => it.what === what).length;
  if (count <= 0) return [];
  const of = "one in each zone";
  return [
    { what, count, of },
    { what: "public IPv4 address", count, of },
  ];
}
