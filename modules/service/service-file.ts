import { Problem } from "../../lib/problem.ts";
import { schemaVersion } from "../../protocol/documents.ts";
import { grpcHealthPath } from "../../protocol/grpc-health.ts";
import { serviceDefaults } from "../../protocol/service-defaults.ts";
import { ServiceFile } from "../../protocol/service-file.ts";
import type { Fault } from "../shared/fault.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
import { pingOf } from "./ping.ts";
import { processesOf } from "./processes.ts";
import { faultsBetween, schemaFaults } from "./service-faults.ts";
import { serviceHosts } from "./service-hosts.ts";
import { sharedRule } from "./shared-rule.ts";
import { deadlineFor, shutdownTimes } from "./shutdown-times.ts";
import { staticOf } from "./static-of.ts";

/** The prefix keeps it apart from the users and groups of the system. */
const defaultUser = (service: string) => `app-${service}`;

/**
 * A service's document on each of its instances: the cluster file's values with the defaults filled
 * in.
 *
 * @throws Problem that lists every wrong field with its value and a good one.
 */
export function serviceFile(cluster: Cluster, name: string): ServiceFile {
  const spec = cluster.services[name];
  if (!spec) throw unknownService(cluster, name);
  const file = withDefaults(cluster, name, spec);
  const parsed = ServiceFile.safeParse(file);
  const faults = [...schemaFaults(spec, file, parsed.error), ...faultsBetween(cluster, spec, file)];
  if (faults.length > 0 || !parsed.success) throw unusable(cluster, name, faults);
  return parsed.data;
}

/** The file before anything of it is checked. */
function withDefaults(cluster: Cluster, name: string, spec: ServiceSpec): ServiceFile {
  const own = withoutUndefined({ ...ofTheFile(spec), ...shutdownTimes(spec) });
  const isPlain = own.http === "internal" || (cluster.dns === undefined && own.http !== "none");
  const rule = sharedRule(cluster, name);
  return {
    ...serviceDefaults,
    user: defaultUser(name),
    hosts: serviceHosts(cluster, name),
    ...(isPlain ? { plainHttp: true as const } : {}),
    ...(rule === undefined ? {} : { rule }),
    ...own,
    ...deadlineFor(spec, { ...serviceDefaults, ...own }),
    schema: schemaVersion,
    service: name,
    cluster: cluster.name,
  } as ServiceFile;
}

/** A field that is `undefined` is left out, and has its default. */
const withoutUndefined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** Fields of a service that the agent reads; the instance fields are left out. */
function ofTheFile(spec: ServiceSpec): Partial<ServiceFile> {
  const { instances, paths, priority, databases, config, repository, ...rest } = spec;
  const { shutdownTimeoutSeconds, processes, command, http, protocol, ping, ...others } = rest;
  const { before, beforeTimeoutSeconds: timeoutSeconds = 300, cron, ...file } = others;
  const step = before === undefined ? {} : { before: { command: before, timeoutSeconds } };
  const read = { ...step, ...cronOf(cron), ...staticOf(spec), ...processesOf(spec) };
  return { ...protocolOf(spec), ...file, ...pingOf(spec), ...read } as Partial<ServiceFile>;
}

const cronTimeoutSeconds = 600;

function cronOf(cron: ServiceSpec["cron"]): { cron?: unknown } {
  if (cron === undefined) return {};
  const entries = Object.entries(cron).map(([name, entry]) => [
    name,
    { timeoutSeconds: cronTimeoutSeconds, ...entry },
  ]);
  return { cron: Object.fromEntries(entries) };
}

/** HTTP/1.1 is not written. */
const protocolOf = ({ protocol }: ServiceSpec) => ({
  ...(protocol === undefined || protocol === "http1" ? {} : { protocol }),
  ...(protocol === "grpc" ? { ping: grpcHealthPath } : {}),
});

const unknownService = ({ name, services }: Cluster, service: string) =>
  new Problem({
    happened: `cluster ${name} has no service ${JSON.stringify(service)}`,
    unchanged: "nothing was written",
    next: `use one of its services: ${Object.keys(services).join(", ") || "it has none"}`,
  });

/** Each field is named once, by its first fault. */
function unusable({ name: cluster }: Cluster, service: string, faults: readonly Fault[]): Problem {
  const first = new Map(faults.toReversed().map((fault) => [fault.field, fault]));
  const lines = [...first.values()]
    .toReversed()
    .map(({ field, value, good }) => `${field} is ${JSON.stringify(value)}; good: ${good}`);
  return new Problem({
    happened: `service ${service} of cluster ${cluster} is not valid: ${lines.join("; ")}`,
    unchanged: "nothing was written",
    next: `correct it in the cluster file of ${cluster}`,
  });
}
