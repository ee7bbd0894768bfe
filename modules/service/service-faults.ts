import type { ZodError } from "zod";
import { settingsOfKinds } from "../../protocol/process-settings.ts";
import { maxProcesses, type ServiceFile } from "../../protocol/service-file.ts";
import { stopSignals } from "../../protocol/unit-settings.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
import type { Fault } from "./fault.ts";
import { processFaults } from "./processes.ts";
import { longestPauseSeconds, writtenAs, writtenTwice } from "./shutdown-times.ts";
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
  before: '["bin/migrate"], with beforeTimeoutSeconds from 1 to 3600, like 300',
  cron: '{ nightly: { command: ["bin/clear-sessions"], at: "*-*-* 03:00:00", timeoutSeconds: 600 } }',
  "cron.command": '["bin/clear-sessions"]',
  "cron.at": '"*-*-* 03:00:00", "Mon..Fri 18:30", "*:0/15", "hourly" or "daily"',
  "cron.timeoutSeconds": "whole seconds from 1 to 86400, like 600",
  http: '"public", "internal" or "none"',
  ready: '"notify" or "file"',
  kinds:
    '{ web: { count: 2, command: ["bin/web"], ping: "/ping" }, worker: { count: 1, command: ["bin/worker"] } }',
  protocol: '"http1", "http2" or "grpc"',
  static:
    '{ "/assets": "public/assets" }, or { "/assets": { folder: "public/assets", hashed: true } }',
  requestTimeoutSeconds: "whole seconds from 1 to 4000, like 300",
  maxBodyMib: "a whole number from 1 to 102400, like 100",
  stickySeconds: "whole seconds from 1 to 604800, like 86400",
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
  state: "{ maxMib: 512 }",
  stopSignal: `one of ${stopSignals.join(", ")}`,
  stopSignalTo: '"all" or "main"',
  limits:
    '{ files: 65536, memoryMib: 512, cpuPercent: 150, tasks: 1000, oomPolicy: "continue" }, each left out at will',
  umask: 'three octal digits of which the first is 0, like "027"',
  timeZone: '"Europe/Berlin"',
  "instances.min": "a whole number from 0, like 2",
  "instances.sharedWith": "a service of the cluster that has instances of its own",
  "instances.max": "a whole number, at least instances.min",
};

/** Faults that the schema found, each with the name that a person wrote. */
export const schemaFaults = (
  spec: ServiceSpec,
  file: ServiceFile,
  error: ZodError | undefined,
): Fault[] =>
  (error?.issues ?? []).map(({ path }) => {
    const nested = kindFault(file, path) ?? cronFault(file, path);
    if (nested) return nested;
    const written = String(path[0]);
    const field = writtenAs(spec, written);
    const good = goodValues[field] ?? "see modules/spec/cluster.ts";
    return { field, value: file[written as keyof ServiceFile], good };
  });

/** The fault of one field of a kind of processes. */
function kindFault({ kinds }: ServiceFile, path: readonly PropertyKey[]): Fault | undefined {
  const [first, kind, field] = path.map(String);
  const good = goodValues[field ?? ""];
  if (first !== "kinds" || kind === undefined || good === undefined) return undefined;
  const value = kinds?.[kind]?.[field as string];
  return { field: `processes.${kind}.${field}`, value, good };
}

/** The fault of one field of a scheduled command. */
function cronFault({ cron }: ServiceFile, path: readonly PropertyKey[]): Fault | undefined {
  const [first, name, field] = path.map(String);
  const good = goodValues[`${first}.${field}`];
  if (first !== "cron" || name === undefined || good === undefined) return undefined;
  const entry: Readonly<Record<string, unknown>> | undefined = cron?.[name];
  return { field: `cron.${name}.${field}`, value: entry?.[field as string], good };
}

/** Faults between fields, which a schema of single fields cannot express. */
export const faultsBetween = (cluster: Cluster, spec: ServiceSpec, file: ServiceFile): Fault[] => [
  ...userFaults(file),
  ...instanceFaults(cluster, spec),
  ...timeFaults(file),
  ...twiceFaults(spec),
  ...zoneFaults(file),
  ...processFaults(file, spec),
  ...protocolFaults(file),
];

/** Only a listener with TLS speaks HTTP/2; and nginx rewrites the paths of a shared host. */
function protocolFaults({ protocol, plainHttp, rule, static: files }: ServiceFile): Fault[] {
  if (protocol === undefined) return [];
  const field = "protocol";
  return [
    ...(files ? [{ field, value: protocol, good: '"http1" beside static' }] : []),
    ...(plainHttp
      ? [{ field, value: protocol, good: '"http1" behind a load balancer without TLS' }]
      : []),
    ...(rule
      ? [{ field, value: protocol, good: '"http1", or a host that no service of its machines has' }]
      : []),
  ];
}

const userFaults = ({ user }: ServiceFile): Fault[] =>
  isSystemAccount(user) ? [{ field: "user", value: user, good: goodValues.user as string }] : [];

function instanceFaults({ services }: Cluster, { instances }: ServiceSpec): Fault[] {
  const fault = (field: string, value: unknown) => ({
    ...{ field, value },
    good: goodValues[field] as string,
  });
  if ("sharedWith" in instances) {
    const host = services[instances.sharedWith]?.instances;
    const isGood = host && !("sharedWith" in host);
    return isGood ? [] : [fault("instances.sharedWith", instances.sharedWith)];
  }
  const { min, max } = instances;
  return [
    ...(Number.isInteger(min) && min >= 0 ? [] : [fault("instances.min", min)]),
    ...(Number.isInteger(max) && max >= min ? [] : [fault("instances.max", max)]),
  ];
}

function timeFaults(file: ServiceFile): Fault[] {
  const tooShort = settingsOfKinds(file).find(
    (it) => it.minHealthyTimeSeconds >= it.startTimeoutSeconds,
  );
  const start = tooShort && {
    field: "startTimeoutSeconds",
    value: tooShort.startTimeoutSeconds,
    good: `more than minHealthyTimeSeconds (${tooShort.minHealthyTimeSeconds})`,
  };
  // Otherwise a rollout that waits only as configured would be halted.
  const longestPause = longestPauseSeconds(file);
  const deadline = file.progressDeadlineSeconds <= longestPause && {
    field: "progressDeadlineSeconds",
    value: file.progressDeadlineSeconds,
    good: `more than ${longestPause}: bakeSeconds and the timeouts of a process together`,
  };
  return [start, deadline].filter((it) => it !== undefined && it !== false);
}

/** A timer of an unknown zone would never fire. */
function zoneFaults({ cron, timeZone }: ServiceFile): Fault[] {
  if (cron === undefined || timeZone === undefined || isZone(timeZone)) return [];
  return [{ field: "timeZone", value: timeZone, good: goodValues.timeZone as string }];
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone });
    return true;
  } catch {
    return false;
  }
}

const twiceFaults = (spec: ServiceSpec): Fault[] =>
  writtenTwice(spec).map((field) => ({
    ...{ field, value: spec[field as keyof ServiceSpec] },
    good: "left out beside shutdownTimeoutSeconds, from which it follows",
  }));
