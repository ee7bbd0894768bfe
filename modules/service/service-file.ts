import { Problem } from "../../lib/problem.ts";
import { schemaVersion } from "../../protocol/documents.ts";
import { serviceDefaults } from "../../protocol/service-defaults.ts";
import { maxProcesses, ServiceFile } from "../../protocol/service-file.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
import {
  deadlineFor,
  longestPauseSeconds,
  shutdownTimes,
  writtenAs,
  writtenTwice,
} from "./shutdown-times.ts";
import { isSystemAccount } from "./system-accounts.ts";

/** Good values for an error, in place of the refused one. */
const goodValues: Readonly<Record<string, string>> = {
  service: '"web"',
  cluster: '"staging"',
  hosts: '["web.example.org"]',
  processes: `a whole number from 1 to ${maxProcesses}, like 4`,
  basePort: "a whole number from 1024 to 65000, like 8000",
  user: 'a name of at most 32 characters that the system does not use, like "app-web"',
  command: '["node", "server.js"]',
  ping: '"/ping"',
  strategy: '"overlap" or "in-place"',
  parallel: '"auto" or a whole number, like 2',
  bootAhead: "true or false",
  healthyCount: "a whole number from 1 to 100, like 3",
  minHealthyTimeSeconds: "seconds from 0 to 3600, like 2",
  startTimeoutSeconds: "seconds from 1 to 3600, like 60",
  drainTimeoutSeconds: "seconds from 0 to 3600, like 30",
  stopTimeoutSeconds: "seconds from 1 to 3600, like 30",
  shutdownTimeoutSeconds: "seconds from 1 to 3600, like 30",
  maxUnavailable: 'a whole number from 1, like 1, or a percentage, like "25%"',
  minHealthy: 'a whole number from 0, or a percentage, like "50%"',
  canary: "1, or 0 for none",
  bakeSeconds: "seconds from 0 to 3600, like 10",
  watchSeconds: "seconds from 0 to 3600, like 60",
  maxErrorShare: "percentage points from 0 to 100, like 5",
  maxFailures: "a whole number from 0, like 0",
  autoRollback: "true or false",
  progressDeadlineSeconds: "seconds from 10 to 86400, like 600",
  keepReleases: "a whole number from 2, like 5",
  "instances.min": "a whole number from 0, like 2",
  "instances.sharedWith": "a service of the cluster that has instances of its own",
  "instances.max": "a whole number, at least instances.min",
};

/** The prefix keeps it apart from the users and groups of the system. */
const defaultUser = (service: string) => `app-${service}`;

const rangeOf = (field: string) => ServiceFile.shape[field as keyof typeof ServiceFile.shape];

/** Fields of a service that the agent reads; the instance fields are left out. */
function ofTheFile(spec: ServiceSpec): Partial<ServiceSpec> {
  const { instances, paths, priority, databases, config, repository, ...rest } = spec;
  const { shutdownTimeoutSeconds, ...file } = rest;
  return file;
}

/**
 * A service's document on each of its instances: the cluster file's values with the defaults filled
 * in.
 *
 * @throws Problem that lists every wrong field with its value and a good one.
 */
export function serviceFile(cluster: Cluster, name: string): ServiceFile {
  const spec = cluster.services[name];
  if (!spec) {
    throw new Problem({
      happened: `cluster ${cluster.name} has no service ${JSON.stringify(name)}`,
      unchanged: "nothing was written",
      next: `use one of its services: ${Object.keys(cluster.services).join(", ") || "it has none"}`,
    });
  }
  const { instances } = spec;
  const { dns } = cluster;
  const times = { ...serviceDefaults, ...ofTheFile(spec), ...shutdownTimes(spec) };
  const file = {
    ...serviceDefaults,
    user: defaultUser(name),
    ...(dns === undefined
      ? { hosts: [], plainHttp: true as const }
      : { hosts: [`${name}.${cluster.name}.${dns.domain}`] }),
    ...ofTheFile(spec),
    ...shutdownTimes(spec),
    ...deadlineFor(spec, times),
    schema: schemaVersion,
    service: name,
    cluster: cluster.name,
  };

  const refused = new Map<string, unknown>();
  const parsed = ServiceFile.safeParse(file);
  for (const { path } of parsed.error?.issues ?? []) {
    const field = String(path[0]);
    refused.set(writtenAs(spec, field), file[field as keyof typeof file]);
  }
  if (isSystemAccount(file.user)) refused.set("user", file.user);
  // Rules between two fields, which a schema of single fields cannot express.
  if ("sharedWith" in instances) {
    const host = cluster.services[instances.sharedWith]?.instances;
    if (!host || "sharedWith" in host) refused.set("instances.sharedWith", instances.sharedWith);
  } else {
    const { min, max } = instances;
    if (!Number.isInteger(min) || min < 0) refused.set("instances.min", min);
    if (!Number.isInteger(max) || max < min) refused.set("instances.max", max);
  }
  if (file.minHealthyTimeSeconds >= file.startTimeoutSeconds) {
    refused.set("startTimeoutSeconds", file.startTimeoutSeconds);
  }
  // Otherwise a rollout that waits only as configured would be halted.
  const longestPause = longestPauseSeconds(file);
  if (file.progressDeadlineSeconds <= longestPause) {
    refused.set("progressDeadlineSeconds", file.progressDeadlineSeconds);
  }

  const twice = writtenTwice(spec);
  for (const field of twice) refused.set(field, file[field as keyof typeof file]);

  if (refused.size > 0 || !parsed.success) {
    const between: Readonly<Record<string, string>> = {
      startTimeoutSeconds: `more than minHealthyTimeSeconds (${file.minHealthyTimeSeconds})`,
      progressDeadlineSeconds: `more than ${longestPause}: bakeSeconds and the timeouts of a process together`,
    };
    const lines = [...refused].map(([field, value]) => {
      if (twice.includes(field)) {
        return `${field} is written beside shutdownTimeoutSeconds, from which it follows; good: only one of the two`;
      }
      const isInRange = between[field] && rangeOf(field).safeParse(value).success;
      const good = isInRange ? between[field] : goodValues[field];
      return `${field} is ${JSON.stringify(value)}; good: ${good ?? "see modules/spec/cluster.ts"}`;
    });
    throw new Problem({
      happened: `service ${name} of cluster ${cluster.name} is not valid: ${lines.join("; ")}`,
      unchanged: "nothing was written",
      next: `correct it in the cluster file of ${cluster.name}`,
    });
  }
  return parsed.data;
}
