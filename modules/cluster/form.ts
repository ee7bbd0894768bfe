import type { Fault } from "../shared/fault.ts";
import {
  type Form,
  fieldsOf,
  mapOf,
  mapOr,
  numberOr,
  placesOf,
  text,
  texts,
  unchecked,
  unseen,
} from "../shared/form.ts";
import type {
  AppSpec,
  Cluster,
  ClusterTraceSpec,
  CronSpec,
  DatabaseSpec,
  InstancesSpec,
  PingSpec,
  ProcessKindSpec,
  ScalingSpec,
  ScheduleSpec,
  ServiceSpec,
  SlackSpec,
  StaticFolder,
  UnitSpec,
} from "../spec/cluster.ts";

/**
 * What of a cluster's file is no map, list or text where one belongs, and fields that no cluster
 * has: a misspelt one would be left out in silence. Other checks rely on the form.
 */
export const formFaults = (cluster: Cluster): readonly Fault[] =>
  clusterForm("", cluster, placesOf(clusterForm));

/** A form for each field of a type, and of each of its alternatives. */
type Fields<T> = Readonly<Record<T extends T ? keyof T : never, Form>>;
type Part<T, K extends keyof T> = Fields<NonNullable<T[K]>>;

const unseenText = unseen('a text, like "1"');

/** YAML and JSON know numbers; a variable is always a text. */
const variable: Form = (field, value, places) => {
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain && isHarmless(String(value))
    ? [{ field, value, good: JSON.stringify(String(value)) }]
    : unseenText(field, value, places);
};

/** A longer number may be a secret. */
const isHarmless = (value: string) => /^(true|false|[-\d.]{1,6})$/.test(value);

const config = mapOf(variable, '{ LOG_LEVEL: "info" }');

const unit: Fields<UnitSpec> = {
  ...unchecked("stopSignal", "stopSignalTo", "umask", "timeZone"),
  limits: mapOr(
    unchecked("files", "memoryMib", "cpuPercent", "tasks", "oomPolicy") satisfies Part<
      UnitSpec,
      "limits"
    >,
  ),
};

const ofKinds = {
  ...unit,
  ...unchecked("command", "ready", "strategy"),
  ping: mapOr(unchecked("path", "host", "headers") satisfies Fields<PingSpec>),
  ...unchecked("healthyCount", "minHealthyTimeSeconds", "startTimeoutSeconds"),
  ...unchecked("shutdownTimeoutSeconds", "drainTimeoutSeconds", "stopTimeoutSeconds"),
};

const kind = fieldsOf(
  { ...ofKinds, ...unchecked("count", "singleton") } satisfies Fields<ProcessKindSpec>,
  '{ count: 2, command: ["bin/worker"] }',
);

const cron = fieldsOf(
  unchecked("command", "at", "timeoutSeconds") satisfies Fields<CronSpec>,
  '{ command: ["bin/clear-sessions"], at: "daily" }',
);

const staticFolder = mapOr(
  unchecked("folder", "hashed") satisfies Fields<StaticFolder>,
  text('"public/assets"'),
);

const scheduled = fieldsOf(
  {
    ...unchecked("min", "max"),
    from: text('"0 20 * * *"'),
    until: text('"0 6 * * *"'),
  } satisfies Fields<ScheduleSpec>,
  '{ from: "0 20 * * *", until: "0 6 * * *", min: 1, max: 1 }',
  ["from", "until"],
);

const instances = fieldsOf(
  {
    ...unchecked("min", "max", "architecture", "diskGib", "sharedWith"),
    ...unchecked("spotPercent", "onDemandBase"),
    scaling: fieldsOf(
      unchecked("requestsPerMinute", "cpuPercent") satisfies Fields<ScalingSpec>,
      "{ cpuPercent: 60 }",
    ),
    schedule: mapOf(scheduled, '{ night: { from: "0 20 * * *", until: "0 6 * * *", min: 1 } }'),
    types: texts('["t4g.small"]'),
    imageChannel: text('"stable"'),
  } satisfies Fields<InstancesSpec>,
  '{ min: 2, max: 4 }, or { sharedWith: "web" }',
);

const service = fieldsOf(
  {
    ...ofKinds,
    ...unchecked("priority", "repository", "basePort", "user", "before", "beforeTimeoutSeconds"),
    ...unchecked("http", "protocol", "requestTimeoutSeconds", "maxBodyMib", "stickySeconds"),
    ...unchecked("parallel", "bootAhead", "maxUnavailable", "minHealthy", "canary"),
    ...unchecked("bakeSeconds", "watchSeconds", "maxErrorShare", "maxFailures", "autoRollback"),
    ...unchecked("progressDeadlineSeconds", "keepReleases"),
    instances,
    config,
    hosts: texts('["web.example.org"]'),
    paths: texts('["/api/*"]'),
    databases: texts('["main"]'),
    static: mapOf(staticFolder, '{ "/assets": "public/assets" }'),
    cron: mapOf(cron, '{ nightly: { command: ["bin/clear-sessions"], at: "daily" } }'),
    processes: numberOr(mapOf(kind, "4, or kinds by their names")),
    state: mapOr(unchecked("maxMib") satisfies Part<ServiceSpec, "state">),
  } satisfies Fields<ServiceSpec>,
  '{ instances: { min: 2, max: 4 }, command: ["node", "server.js"] }',
  ["instances"],
);

const app = fieldsOf(
  {
    ...unchecked("image", "port", "cpu", "memoryMib", "ping", "minTasks", "maxTasks"),
    hosts: texts('["pad.example.org"]'),
  } satisfies Fields<AppSpec>,
  '{ image: "example/app@sha256:…" }',
);

const database = fieldsOf(
  unchecked(
    ...(["instanceClass", "storageGib", "maxStorageGib", "multiAz", "backupDays"] as const),
  ) satisfies Fields<DatabaseSpec>,
  "{}",
);

const dns = fieldsOf(
  {
    ...unchecked("maxCertificateNames"),
    domain: text('"example.org"'),
    zoneId: text('"Z0123456789ABC"'),
  } satisfies Part<Cluster, "dns">,
  '{ domain: "example.org", zoneId: "Z0123456789ABC" }',
  ["domain", "zoneId"],
);

const slack = fieldsOf(
  {
    ...unchecked("channel", "api"),
    links: mapOr(unchecked("trace", "board") satisfies Part<SlackSpec, "links">),
  } satisfies Fields<SlackSpec>,
  '{ channel: "C0123456789" }',
);

const trace = fieldsOf(
  {
    ...unchecked("endpoint", "fromBuilds"),
    headers: mapOf(
      unseen('a reference, like "ssm:/shoestring/staging/trace/key"'),
      '{ "x-honeycomb-team": "ssm:/shoestring/staging/trace/key" }',
    ),
  } satisfies Fields<ClusterTraceSpec>,
  '{ endpoint: "https://api.honeycomb.io" }',
);

const consul = fieldsOf(
  {
    ...unchecked("servers", "instanceType"),
    httpFrom: mapOf(text('"sg-0123456789abcdef0"'), '{ runners: "sg-0123456789abcdef0" }'),
  } satisfies Part<Cluster, "consul">,
  "{ servers: 3 }",
);

export const clusterForm = fieldsOf(
  {
    ...unchecked("zones", "nat", "flowLogs", "deletionProtection"),
    name: text('"staging"'),
    cidr: text('"10.46.0.0/16"'),
    account: text('12 digits, like "123456789012"'),
    region: text('"eu-central-1"'),
    alarmsTo: text('"ops@example.org"'),
    ...{ config, dns, slack, trace, consul },
    loadBalancer: fieldsOf(
      unchecked("idleTimeoutSeconds") satisfies Part<Cluster, "loadBalancer">,
      "{ idleTimeoutSeconds: 600 }",
    ),
    services: mapOf(service, "{ web: { instances: { min: 2, max: 4 } } }"),
    apps: mapOf(app, '{ pad: { image: "example/app@sha256:…" } }'),
    databases: mapOf(database, "{ main: {} }"),
  } satisfies Fields<Cluster>,
  "the fields of a cluster",
  ["name", "cidr", "account", "region", "services"],
);
