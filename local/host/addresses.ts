import { createHash } from "node:crypto";
import { Problem } from "../../lib/problem.ts";

/** Names that a region's directory decides, so that no two regions of a machine share one. */
export interface RegionNames {
  /** Six hexadecimal digits that stand for the directory. */
  readonly id: string;
  /** The bridge; Linux allows an interface name of 15 characters. */
  readonly bridge: string;
  /** The control group that holds every process of the region. */
  readonly controlGroup: string;
  /** The load balancer's address, in loopback's 127.0.0.0/8. */
  readonly loopback: string;
}

/** @param directory the region's directory, absolute and without symbolic links. */
export function regionNames(directory: string): RegionNames {
  const hash = createHash("sha256").update(directory).digest();
  const id = hash.toString("hex").slice(0, 6);
  // Not 127.0.x.y and 127.1.x.y, where people put things by hand (Debian has 127.0.1.1).
  const loopback = `127.${2 + byte(hash, 3, 252)}.${byte(hash, 4, 256)}.${1 + byte(hash, 5, 254)}`;
  return { id, bridge: `shoe-${id}`, controlGroup: `shoestring-${id}`, loopback };
}

/** The kernel's host name: unique on the machine, unlike the instance's own name. */
export const machineName = (names: RegionNames, instance: string) => `${names.id}-${instance}`;

/** A network of IPv4 addresses in CIDR notation. */
export type Cidr = string;

/**
 * A /24 of `within` that overlaps none of the used ones. The id decides where the search begins,
 * so that regions made at the same moment do not collide.
 *
 * @throws Problem when every /24 is taken.
 */
export function freeSubnet(id: string, within: Cidr, used: readonly Cidr[]): Cidr {
  const { first, last } = range(within);
  const candidates = Math.floor((last - first + 1) / 256);
  const taken = used.map(range);
  const start = Number.parseInt(id, 16);
  for (let i = 0; i < candidates; i++) {
    const network = first + ((start + i) % candidates) * 256;
    const free = taken.every((other) => other.last < network || other.first > network + 255);
    if (free) return `${dotted(network)}/24`;
  }
  throw new Problem({
    happened: `no /24 of ${within} is free: routes of this machine overlap all ${candidates}`,
    unchanged: "nothing was made",
    next: "give the cluster a larger cidr, like 10.0.0.0/8",
  });
}

/** The bridge's address, on which the region's own servers listen. */
export const gateway = (subnet: Cidr) => dotted(range(subnet).first + 1);

/** An address for each Consul server; the first has the gateway's. */
export const consulAddresses = (subnet: Cidr, servers: number): readonly [string, ...string[]] => [
  gateway(subnet),
  ...Array.from({ length: servers - 1 }, (_, i) => dotted(range(subnet).first + 2 + i)),
];

/** The address at which the load balancer leads to a Consul server that knows the leader. */
export const anyConsulAddress = (subnet: Cidr) => dotted(range(subnet).first + 10);

/** Names that the DNS server of the VPC would know, and their addresses: servers of the region. */
export const vpcNames = (of: {
  cluster: string;
  subnet: Cidr;
  consulServers: number;
  /** Hosts of internal services. @default none */
  internalHosts?: readonly string[];
}) => ({
  [`consul.${of.cluster}.internal`]: consulAddresses(of.subnet, of.consulServers),
  // The region itself has no collector; one on this machine may listen there.
  [`collector.${of.cluster}.internal`]: [gateway(of.subnet)] as const,
  // Where the region's load balancer stands for a second one, with private addresses.
  ...Object.fromEntries(
    (of.internalHosts ?? []).map((host) => [host, [anyConsulAddress(of.subnet)] as const]),
  ),
});

/**
 * An address for every instance; one that has an address keeps it.
 *
 * @throws Problem when the subnet is full.
 */
export function assignAddresses(
  subnet: Cidr,
  instances: readonly string[],
  present: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { first } = range(subnet);
  const kept = instances.filter((name) => present[name] !== undefined);
  const addresses = Object.fromEntries(kept.map((name) => [name, present[name] as string]));
  const used = new Set(Object.values(addresses));
  for (const name of instances) {
    if (addresses[name] !== undefined) continue;
    const free = Array.from({ length: 244 }, (_, i) => dotted(first + 11 + i)).find(
      (address) => !used.has(address),
    );
    if (free === undefined) {
      throw new Problem({
        happened: `${instances.length} instances do not fit into ${subnet}`,
        unchanged: "no instance was made",
        next: "use at most 244 instances in a local region",
      });
    }
    used.add(free);
    addresses[name] = free;
  }
  return addresses;
}

function range(cidr: Cidr): { first: number; last: number } {
  const [address = "", bits = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}

const dotted = (address: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

const byte = (hash: Buffer, i: number, below: number) => (hash[i] as number) % below;
