import { Problem } from "../../lib/problem.ts";
import { Name } from "../../protocol/names.ts";
import { isCidr, overlap } from "../network/cidr.ts";
import type { Cluster } from "../spec/cluster.ts";
import { inOtherZone, uncertified } from "./certified.ts";
import type { ClusterFile } from "./cluster-file.ts";
import { formFaults } from "./form.ts";
import { certifiedHosts, hostsOf } from "./hosts.ts";
import { publicPrivateNames } from "./private-names.ts";
import { unreadableReferences } from "./references.ts";
import { sameNames } from "./same-names.ts";
import { slackFaults } from "./slack.ts";
import { wrongTrace } from "./trace.ts";

/**
 * Checks rules that no single construct can: a cluster against its file's name, and all clusters
 * against each other, so that copied files do not collide (docs/rules.md, rule 11).
 *
 * @throws Problem that lists every fault with its file, its field and a good value.
 */
export function validateClusters(files: readonly ClusterFile[]): void {
  refuse(files.flatMap(misshapen));
  const known = files.map((it) => ({ ...it, hosts: safeHosts(it.cluster) }));
  const areNamed = new Set(files.map(({ cluster }) => cluster.name)).size === files.length;
  const faults = [
    ...files.flatMap(alone),
    ...pairs(known).flatMap(([a, b]) => together(a, b)),
    // Two clusters of one name have all names in common, which is told once.
    ...(areNamed ? sameNames(files) : []),
  ];
  refuse(faults);
}

function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new Problem({
    happened: faults.join("; "),
    unchanged: "nothing was synthesised",
    next: "correct the named fields in clusters/",
  });
}

const misshapen = ({ file, cluster }: ClusterFile): string[] =>
  formFaults(cluster).map(
    ({ field, value, good }) =>
      `clusters/${file}.ts: ${field} is ${JSON.stringify(value)}; good: ${good}`,
  );

function alone({ file, cluster }: ClusterFile): string[] {
  const { name, cidr, services, databases = {}, apps = {}, consul = {}, trace } = cluster;
  const at = `clusters/${file}.ts`;
  const faults: string[] = [];
  const wrong = (field: string, value: unknown, good: string) =>
    void faults.push(`${at}: ${field} is ${JSON.stringify(value)}; good: ${good}`);

  if (name !== file) wrong("name", name, `"${file}", as the file is called`);
  if (!Name.safeParse(name).success) {
    wrong("name", name, 'a lower-case letter, then up to 30 letters, digits or dashes, like "qa"');
  }
  // By a stack, by names that AWS keeps, or by the images' parameters below /shoestring/ami.
  if (["account", "ami", "internal", "sg"].includes(name)) {
    wrong("name", name, `another name: "${name}" is taken by something else`);
  }
  if (name.endsWith("-")) wrong("name", name, 'a name whose last character is no dash, like "qa"');
  if (name.endsWith("-config")) wrong("name", name, 'a name that no "<cluster>-config" stack has');
  if (!isCidr(cidr)) wrong("cidr", cidr, 'a private network from /16 to /22, like "10.46.0.0/16"');
  for (const [service, { databases: uses = [] }] of Object.entries(services)) {
    for (const database of uses.filter((it) => !(it in databases))) {
      const known = Object.keys(databases).join(", ") || "none is there yet";
      wrong(`services.${service}.databases`, database, `a database of the cluster (${known})`);
    }
  }
  for (const [who, group] of Object.entries(consul.httpFrom ?? {})) {
    if (!Name.safeParse(who).success || who === "announce" || !/^sg-[0-9a-f]{8,17}$/.test(group)) {
      const good =
        'a security group by a name of its own, like { runners: "sg-0123456789abcdef0" }';
      wrong("consul.httpFrom", { [who]: group }, good);
    }
  }
  if (cluster.nat === "none" && Object.keys(apps).length > 0) {
    wrong("nat", "none", '"one" or "per-zone": apps have no other way to their image');
  }
  for (const app of Object.keys(apps).filter((it) => it in services)) {
    wrong(`apps.${app}`, app, "a name that no service of the cluster has");
  }
  for (const service of Object.keys(services).filter((it) => it.endsWith("-"))) {
    wrong(`services.${service}`, service, 'a name whose last character is no dash, like "web"');
  }
  for (const { field, value, good } of safely(() => uncertified(cluster)))
    wrong(field, value, good);
  for (const { field, value, good } of safely(() => publicPrivateNames(cluster)))
    wrong(field, value, good);
  for (const { field, value, good } of wrongTrace(name, trace)) wrong(field, value, good);
  for (const { field, value, good } of unreadableReferences(cluster)) wrong(field, value, good);
  for (const { field, value, good } of slackFaults(cluster)) wrong(field, value, good);
  return faults;
}

interface WithHosts extends ClusterFile {
  readonly hosts: readonly string[];
}

function together(one: WithHosts, other: WithHosts): string[] {
  const [a, b] = [one.cluster, other.cluster];
  const faults: string[] = [];
  const both = `clusters/${one.file}.ts and clusters/${other.file}.ts`;
  if (a.name === b.name) faults.push(`${both}: name is "${a.name}" in both; good: one each`);
  if (isCidr(a.cidr) && isCidr(b.cidr) && overlap(a.cidr, b.cidr)) {
    faults.push(
      `${both}: cidr ${a.cidr} and ${b.cidr} overlap; good: networks of their own, like "10.46.0.0/16"`,
    );
  }
  // Clusters with the same name also derive the same hosts, which is not a separate fault.
  if (a.name !== b.name) {
    const shared = one.hosts.filter((host) => other.hosts.includes(host));
    for (const host of shared) {
      faults.push(`${both}: both answer for the host ${host}; good: a host belongs to one cluster`);
    }
    const strays = [...safely(() => inOtherZone(a, b)), ...safely(() => inOtherZone(b, a))];
    for (const host of strays) {
      faults.push(
        `${both}: the host ${host} of one is in the zone of the other's dns; good: a host outside that zone`,
      );
    }
  }
  return faults;
}

/** Hosts and records of a cluster, without case, as they are compared. */
function safeHosts(cluster: Cluster): readonly string[] {
  const records = () => (cluster.dns === undefined ? [] : certifiedHosts(cluster));
  return safely(() => [
    ...new Set([...hostsOf(cluster).map((host) => host.toLowerCase()), ...records()]),
  ]);
}

/** Nothing for an invalid service: it reports its own error later, in more detail. */
function safely<T>(found: () => readonly T[]): readonly T[] {
  try {
    return found();
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}

const pairs = <T>(all: readonly T[]): [T, T][] =>
  all.flatMap((one, i) => all.slice(i + 1).map((other): [T, T] => [one, other]));
