import type { ZodError } from "zod";
import { httpSettings, settingsOfKinds } from "../../protocol/process-settings.ts";
import { maxProcesses, type ServiceFile } from "../../protocol/service-file.ts";
import { stopSignals } from "../../protocol/unit-settings.ts";
import type { Fault } from "../shared/fault.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
import { probePing } from "./ping.ts";
import { processFaults } from "./processes.ts";
import {
  longestBeforeSeconds,
  longestPauseSeconds,
  writtenAs,
  writtenTwice,
} from "./shutdown-times.ts";
import { staticFaults } from "./static-faults.ts";
import { isSystemAccount } from "./system-accounts.ts";
import { isTimeZone, presentName } from "./time-zones.ts";

/** Good values for an error, in place of the refused one. */
const goodValues: Readonly<Record<string, string>> = {
  service: '"web"',
  cluster: '"staging"',
  hosts: '["web.example.org"]',
  processes: `a whole number from 1 to ${maxProcesses}, like 4`,
  basePort: "a whole number from 1024 to 65000, like 8000",
  user: 'a name of at most 32 characters that the system does not use, like "app-web"',
  command: '["node", "server.js"]',
  ping: '"/ping", or { path: "/ping", host: "localhost" }',
  "ping.host": 'a host, like "www.example.org"',
  "ping.headers":
    '{ Accept: "application/json" }: names other than Host and those of connections, texts without quotes, $ and secrets',
  before: '["bin/migrate"]',
  beforeTimeoutSeconds: "seconds from 1 to 3600, like 300",
  cron: '{ nightly: { command: ["bin/clear-sessions"], at: "*-*-* 03:00:00", timeoutSeconds: 600 } }',
  "cron.command": '["bin/clear-sessions"]',
  "cron.at": '"*-*-* 03:00:00", "Mon..Fri 18:30", "*:0/15", "hourly" or "daily"',
  "cron.timeoutSeconds": "whole seconds from 1 to 86400, like 600",
  http: '"public", "internal" or "none"',
  ready: '"notify" or "file"',
  kinds:
    '{ web: { count: 2, command: ["bin/web"], ping: "/ping" }, worker: { count: 1, command: ["bin/worker"] } }',
  kind: 'a name of small letters, digits and dashes with its settings, like web: { count: 2, ping: "/ping" }',
  count: "a whole number from 1 to 99, like 2",
  singleton: "true, or left out",
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
  "state.maxMib": "a whole number from 1, like 512",
  stopSignal: `one of ${stopSignals.join(", ")}`,
  stopSignalTo: '"all" or "main"',
  "limits.files": "a whole number from 64 to 524288, like 65536",
  "limits.memoryMib": "a whole number from 16, like 512",
  "limits.cpuPercent": "a whole number from 1, like 150 for one and a half processors",
  "limits.tasks": "a whole number from 8, like 1000",
  "limits.oomPolicy": '"stop" or "continue"',
  limits:
    '{ files: 65536, memoryMib: 512, cpuPercent: 150, tasks: 1000, oomPolicy: "continue" }, each left out at will',
  umask: 'three octal digits of which the first is 0, like "027"',
  timeZone: '"Europe/Berlin"',
  "instances.min": "a whole number from 0, like 2",
  "instances.sharedWith": "a service of the cluster that has instances of its own",
};

/** Faults that the schema found, each with the name that a person wrote. */
export const schemaFaults = (
  spec: ServiceSpec,
  file: ServiceFile,
  error: ZodError | undefined,
): Fault[] =>
  (error?.issues ?? []).flatMap(({ path }) => {
    const nested = kindFault(spec, file, path) ?? cronFault(file, path);
    if (nested) return [nested];
    if (path[0] === "probe") return [probeFault(spec, String(path[1]))];
    if (path[0] === "processes" && typeof spec.processes === "object") return totalFaults(file);
    if (path[0] === "before" && path[1] === "timeoutSeconds") {
      return [faultOf("beforeTimeoutSeconds", spec.beforeTimeoutSeconds)];
    }
    const name = String(path[0]);
    const field = writtenAs(spec, name);
    return [
      innerFault(file, path) ?? faultOf(field, writtenIn(spec, field) ?? writtenIn(file, name)),
    ];
  });

/** The fault of a field within a field, like one of `limits`, where the inner one has a good value. */
function innerFault(of: object, [outer, inner]: readonly PropertyKey[]): Fault | undefined {
  const field = `${String(outer)}.${String(inner)}`;
  const good = goodValues[field];
  if (good === undefined) return undefined;
  const value = writtenIn(writtenIn(of, String(outer)) as object, String(inner));
  return { field, value, good };
}

const writtenIn = (of: object, field: string): unknown =>
  (of as Readonly<Record<string, unknown>>)[field];

const faultOf = (field: string, value: unknown): Fault => ({
  field,
  value,
  good: goodValues[field] ?? "see modules/spec/cluster.ts",
});

/** The fault of what a `ping` says besides its path. */
function probeFault(spec: ServiceSpec, name: string): Fault {
  const { field, ping } = probePing(spec);
  const good = goodValues[`ping.${name}`] ?? (goodValues.ping as string);
  return { field: `${field}.${name}`, value: writtenIn(ping as object, name), good };
}

/** The number of all processes, unless the kinds have their own faults. */
function totalFaults({ kinds = {}, processes }: ServiceFile): Fault[] {
  if (Object.keys(kinds).length === 0) {
    return [{ field: "processes", value: kinds, good: goodValues.kinds as string }];
  }
  if (!(processes > maxProcesses)) return [];
  const good = `at most ${maxProcesses} of all kinds together`;
  return [{ field: "processes", value: processes, good }];
}

/** The fault of a kind of processes, or of one field of it. */
function kindFault(
  { processes }: ServiceSpec,
  { kinds }: ServiceFile,
  path: readonly PropertyKey[],
): Fault | undefined {
  const [first, name, field] = path.map(String);
  if (first !== "kinds") return undefined;
  const good = goodValues.kinds as string;
  if (name === undefined) return { field: "processes", value: processes, good };
  const kind: Readonly<Record<string, unknown>> | undefined = kinds?.[name];
  if (field === undefined) {
    return { field: `processes.${name}`, value: kind, good: goodValues.kind as string };
  }
  const inner = innerFault(kind ?? {}, path.slice(2));
  if (inner) return { ...inner, field: `processes.${name}.${inner.field}` };
  const written = writtenAs(typeof processes === "object" ? (processes[name] ?? {}) : {}, field);
  return {
    field: `processes.${name}.${written}`,
    value: kind?.[field],
    good: goodValues[written] ?? "see modules/spec/cluster.ts",
  };
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
  ...zoneTwiceFaults(cluster, spec, file),
  ...processFaults(file, spec),
  ...protocolFaults(file),
  ...staticFaults(file, spec),
  ...requestTimeFaults(cluster, file, spec),
  ...beforeFaults(spec),
];

const defaultIdleSeconds = 60;

/**
 * A request may only take as long as all allow it: the load balancer gives up after its idle time,
 * and a process that ends is ended after its drain.
 */
function requestTimeFaults(
  { loadBalancer = {} }: Cluster,
  file: ServiceFile,
  spec: ServiceSpec,
): Fault[] {
  const { requestTimeoutSeconds: value } = file;
  if (value === undefined) return [];
  const field = "requestTimeoutSeconds";
  const { idleTimeoutSeconds = defaultIdleSeconds } = loadBalancer;
  const { drainTimeoutSeconds: drain } = httpSettings(file);
  const drains = `${writtenAs(spec, "drainTimeoutSeconds")} of the processes that answer`;
  return [
    ...(value > idleTimeoutSeconds
      ? [
          {
            ...{ field, value },
            good: `at most ${idleTimeoutSeconds}, the cluster's loadBalancer.idleTimeoutSeconds, which ends a request before; or a larger one there`,
          },
        ]
      : []),
    ...(value > drain
      ? [
          {
            ...{ field, value },
            good: `at most ${drain}, the ${drains}, as each roll cuts a longer request; or shutdownTimeoutSeconds: ${value}`,
          },
        ]
      : []),
  ];
}

const beforeFaults = ({ before, beforeTimeoutSeconds: value }: ServiceSpec): Fault[] =>
  before !== undefined || value === undefined
    ? []
    : [{ field: "beforeTimeoutSeconds", value, good: "left out where there is no before" }];

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
  const fault = (field: string, value: unknown, good = goodValues[field] as string) => ({
    ...{ field, value, good },
  });
  if ("sharedWith" in instances) {
    const host = services[instances.sharedWith]?.instances;
    const isGood = host && !("sharedWith" in host);
    return isGood ? [] : [fault("instances.sharedWith", instances.sharedWith)];
  }
  const { min, max } = instances;
  return [
    ...(Number.isInteger(min) && min >= 0 ? [] : [fault("instances.min", min)]),
    ...(Number.isInteger(max) && !(max < min)
      ? []
      : [fault("instances.max", max, `a whole number, at least instances.min (${min})`)]),
  ];
}

const timeFaults = (file: ServiceFile): Fault[] => [...startFaults(file), ...deadlineFaults(file)];

/** A start shorter than the time for which its probes must be good, named where it is written. */
function startFaults(file: ServiceFile): Fault[] {
  const settings = settingsOfKinds(file);
  const at = settings.findIndex((it) => it.minHealthyTimeSeconds >= it.startTimeoutSeconds);
  const tooShort = settings[at];
  if (tooShort === undefined) return [];
  const { minHealthyTimeSeconds, startTimeoutSeconds } = tooShort;
  const [name, kind] = Object.entries(file.kinds ?? {})[at] ?? [];
  const lessThan = `less than startTimeoutSeconds (${startTimeoutSeconds})`;
  const moreThan = `more than minHealthyTimeSeconds (${minHealthyTimeSeconds})`;
  const ofKind = `processes.${name}`;
  if (kind?.startTimeoutSeconds !== undefined) {
    const field = `${ofKind}.startTimeoutSeconds`;
    return [{ field, value: startTimeoutSeconds, good: moreThan }];
  }
  if (kind?.minHealthyTimeSeconds !== undefined) {
    const field = `${ofKind}.minHealthyTimeSeconds`;
    return [{ field, value: minHealthyTimeSeconds, good: lessThan }];
  }
  return [{ field: "startTimeoutSeconds", value: startTimeoutSeconds, good: moreThan }];
}

/** Otherwise a rollout that waits only as configured would be halted. */
function deadlineFaults(file: ServiceFile): Fault[] {
  const { progressDeadlineSeconds: value } = file;
  const longestPause = longestPauseSeconds(file);
  if (!(value <= longestPause)) return [];
  const why =
    longestBeforeSeconds(file) === longestPause
      ? "beforeTimeoutSeconds twice, as a step may wait for another one"
      : "bakeSeconds and the timeouts of a process together";
  return [{ field: "progressDeadlineSeconds", value, good: `more than ${longestPause}: ${why}` }];
}

/** A timer of an unknown zone would never fire, and a process in one would have UTC. */
const zoneFaults = ({ timeZone, kinds = {} }: ServiceFile): Fault[] =>
  [
    { field: "timeZone", value: timeZone },
    ...Object.entries(kinds).map(([name, kind]) => ({
      field: `processes.${name}.timeZone`,
      value: kind.timeZone,
    })),
  ]
    .filter(({ value }) => value !== undefined && !isTimeZone(value))
    .map(({ field, value }) => ({ field, value, good: goodZone(value as string) }));

/** A variable wins over the unit's zone, for a process and not for the times of its commands. */
function zoneTwiceFaults({ config = {} }: Cluster, spec: ServiceSpec, file: ServiceFile): Fault[] {
  const zone = settingsOfKinds(file).find(({ timeZone }) => timeZone !== undefined)?.timeZone;
  const value = spec.config?.TZ;
  if (zone === undefined) return [];
  if (value !== undefined) {
    return [{ field: "config.TZ", value, good: "left out beside timeZone, which sets it" }];
  }
  const good = "left out beside TZ in the cluster's config, which would win; or leave out that";
  return config.TZ === undefined ? [] : [{ field: "timeZone", value: zone, good }];
}

function goodZone(name: string): string {
  const present = presentName(name);
  return present === undefined
    ? (goodValues.timeZone as string)
    : `${JSON.stringify(present)}, as an instance calls it`;
}

const twiceFaults = (spec: ServiceSpec): Fault[] =>
  writtenTwice(spec).map((field) => ({
    ...{ field, value: spec[field as keyof ServiceSpec] },
    good: "left out beside shutdownTimeoutSeconds, from which it follows",
  }));
