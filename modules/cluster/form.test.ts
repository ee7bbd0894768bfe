import { expect, test } from "vitest";
import { Problem } from "../../lib/problem.ts";
import { serviceFile } from "../service/service-file.ts";
import type { Cluster } from "../spec/cluster.ts";
import { validateClusters } from "./validate.ts";

/** Any JSON: a file may be written without types. */
type Json = Readonly<Record<string, unknown>>;

const aService = { instances: { min: 2, max: 4 }, command: ["node", "server.js"] };
const aCluster: Json = {
  name: "staging",
  cidr: "10.42.0.0/16",
  account: "111111111111",
  region: "eu-central-1",
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
};

/** What a person reads of such a file; "" where it is taken. @throws what is no Problem */
function read(differs: Json, ofService: Json = {}): string {
  const services = { web: { ...aService, ...ofService } };
  const cluster = { ...aCluster, services, ...differs } as unknown as Cluster;
  try {
    validateClusters([{ file: "staging", cluster }]);
    for (const name of Object.keys(cluster.services)) serviceFile(cluster, name);
    return "";
  } catch (error) {
    if (error instanceof Problem) return error.happened;
    throw error;
  }
}

test.each<[Json, string]>([
  [{ drainTimeoutSecond: 5 }, "drainTimeoutSecond is 5; good: left out, or called drainTimeoutS"],
  [{ procceses: 2 }, "procceses is 2; good: left out, or called processes"],
  [{ beforeTimeout: 5 }, "beforeTimeout is 5; good: left out, or called beforeTimeoutSeconds"],
  [{ colour: 5 }, "colour is 5; good: left out; modules/spec/cluster.ts has the fields"],
  [{ environment: {} }, 'environment is "(object, not shown)"; good: left out, or called config'],
  [
    { env: { DB_PASSWORD: "hunter2" } },
    'env is "(object, not shown)"; good: left out, or called config',
  ],
  [{ ulimits: {} }, 'ulimits is "(object, not shown)"; good: left out, or called limits'],
  [
    { idleTimeoutSeconds: 600 },
    "is 600; good: left out here: its place is the cluster's loadBalancer.idleTimeoutSecon",
  ],
  [
    { timeoutSeconds: 9 },
    "is 9; good: left out here: its place is the cluster's services.<name>.cron.<name>.timeoutS",
  ],
  [
    { count: 9 },
    "is 9; good: left out here: its place is the cluster's services.<name>.processes.<name>.count",
  ],
  [
    { min: 9 },
    "min is 9; good: left out here: its place is the cluster's services.<name>.instances.min",
  ],
  [
    { memoryMib: 9 },
    "memoryMib is 9; good: left out here: its place is the cluster's services.<name>.limits.memoryMib",
  ],
  [
    { processes: { web: { count: 1, cron: {} } } },
    'processes.web.cron is "(object, not shown)"; good: left out here: its place is the cluster\'s services.<name>.cron',
  ],
  [
    { processes: { web: { count: 1, memoryMib: 9 } } },
    "memoryMib is 9; good: left out here: its place is the cluster's services.<name>.processes.<name>.limits.memoryMib",
  ],
  [
    { processes: { web: { count: 1, static: {} } } },
    'processes.web.static is "(object, not shown)"; good: left out here: its place is the cluster\'s services.<name>.static',
  ],
  [
    { limits: { core: 0 } },
    "limits.core is 0; good: left out; the fields here are files, memoryMib, cpuPercent, tasks, oomPolicy",
  ],
  [{ instances: undefined }, "instances is undefined; good: { min: 2, max: 4 }, or { sharedWith"],
  [{ instances: "two" }, 'instances is "two"; good: { min: 2, max: 4 }'],
  [{ instances: { mni: 2, max: 4 } }, "instances.mni is 2; good: left out, or called min"],
  [
    { instances: { min: 2, max: 4, types: "t4g.small" } },
    'instances.types is "t4g.small"; good: [',
  ],
  [{ hosts: "www.example.org" }, 'hosts is "www.example.org"; good: ["web.example.org"]'],
  [{ hosts: null }, 'hosts is null; good: ["web.example.org"]'],
  [{ paths: "/api/*" }, 'paths is "/api/*"; good: ["/api/*"]'],
  [{ databases: "main" }, 'databases is "main"; good: ["main"]'],
  [{ config: { DEBUG: true } }, 'config.DEBUG is true; good: "true"'],
  [{ config: { WORKERS: 4 } }, 'config.WORKERS is 4; good: "4"'],
  [{ config: { RATE: 0.5 } }, 'config.RATE is 0.5; good: "0.5"'],
  [{ config: { DB_PIN: 12345678 } }, 'config.DB_PIN is "(number, not shown)"; good: a text'],
  [{ config: { DB: { PASSWORD: "x" } } }, 'config.DB is "(object, not shown)"; good: a text'],
  [{ config: "A=1" }, 'config is "A=1"; good: { LOG_LEVEL: "info" }'],
  [{ static: { "/assets": 3 } }, 'static./assets is 3; good: "public/assets"'],
  [
    { static: { "/a": { folder: "b", hash: true } } },
    "hash is true; good: left out, or called hashed",
  ],
  [{ static: "public" }, 'static is "public"; good: { "/assets": "public/assets" }'],
  [{ cron: { nightly: "daily" } }, 'cron.nightly is "daily"; good: { command: ["bin/clear-sess'],
  [
    { cron: { nightly: { command: ["x"], at: "daily", tz: "UTC" } } },
    'tz is "(string, not shown)"; good: left out',
  ],
  [{ processes: "4" }, 'processes is "4"; good: 4, or kinds by their names'],
  [{ processes: { web: 3 } }, 'processes.web is 3; good: { count: 2, command: ["bin/worker"] }'],
  [{ processes: { web: { count: 1, port: 3 } } }, "processes.web.port is 3; good: left out"],
  [{ limits: { memory: 3 } }, "limits.memory is 3; good: left out, or called memoryMib"],
  [{ state: { maxMiB: 3 } }, "state.maxMiB is 3; good: left out, or called maxMib"],
])("a service of another form than a service has is refused: %j", (ofService, why) => {
  expect(read({}, ofService)).toContain(`clusters/staging.ts: services.web.`);
  expect(read({}, ofService)).toContain(why);
});

test.each<[Json, string]>([
  [{ services: null }, "services is null; good: { web: {"],
  [{ services: { web: null } }, "services.web is null; good: { instances: { min: 2"],
  [{ apps: [] }, 'apps is []; good: { pad: { image: "example/app@sha256:…" } }'],
  [{ databases: ["main"] }, 'databases is ["main"]; good: { main: {} }'],
  [{ dns: null }, "dns is null; good: { domain:"],
  [{ dns: {} }, 'dns.domain is undefined; good: "example.org"'],
  [{ config: { A: 1 } }, 'config.A is 1; good: "1"'],
  [
    { cron: {} },
    'cron is "(object, not shown)"; good: left out here: its place is the cluster\'s services.<name>.cron',
  ],
  [{ ping: "/" }, 'ping is "(string, not shown)"; good: left out here'],
  [{ name: null }, 'name is null; good: "staging"'],
  [{ account: 111111111111 }, 'account is 111111111111; good: 12 digits, like "123456789012"'],
  [
    { trace: { endpoint: "https://a.example", headers: { key: 1 } } },
    'headers.key is "(number, not',
  ],
  [
    { loadbalancer: {} },
    'loadbalancer is "(object, not shown)"; good: left out, or called loadBalancer',
  ],
])("a cluster of another form than a cluster has is refused: %j", (differs, why) => {
  expect(read(differs)).toContain(
    `clusters/staging.ts: ${why.startsWith("headers") ? "trace." : ""}${why}`,
  );
});

test("a field that is undefined counts as left out", () => {
  expect(read({ slack: undefined }, { hosts: undefined, nonsense: undefined })).toBe("");
});

const fields = [
  ...["instances", "hosts", "paths", "priority", "databases", "config", "repository", "http"],
  ...["protocol", "static", "requestTimeoutSeconds", "maxBodyMib", "stickySeconds", "command"],
  ...["before", "beforeTimeoutSeconds", "cron", "ping", "ready", "processes", "basePort", "user"],
  ...["strategy", "parallel", "bootAhead", "healthyCount", "minHealthyTimeSeconds", "canary"],
  ...["startTimeoutSeconds", "shutdownTimeoutSeconds", "drainTimeoutSeconds", "maxUnavailable"],
  ...["stopTimeoutSeconds", "minHealthy", "bakeSeconds", "watchSeconds", "maxErrorShare", "state"],
  ...["maxFailures", "autoRollback", "progressDeadlineSeconds", "keepReleases", "stopSignal"],
  ...["stopSignalTo", "limits", "umask", "timeZone"],
];
const strange = [null, "", "x", [], {}, 0, -1.5, true, [null], Number.NaN, 1e12];

test.each(fields)(
  "whatever stands in %s, alone or in a map, the file is taken or a Problem",
  (field) => {
    for (const value of strange) {
      read({}, { [field]: value });
      read({}, { [field]: { a: value } });
    }
    for (const value of [null, "x", {}]) {
      read({}, { processes: { web: { count: 1, ping: "/", [field]: value } } });
    }
  },
);
