import { baseCluster } from "./base-cluster.ts";
import type { Changes, Section } from "./field-change.ts";

const { web } = baseCluster.services;
const api = ["services", "api"];
const store = ["services", "store"];
const jobs = ["services", "jobs"];
const { night } = baseCluster.services.store.instances.schedule;
const spot = { ...web.instances, spotPercent: 50, onDemandBase: 1 };

/** Fields of a service that each kind of its processes has, too. */
const ofKinds: Changes = {
  stopSignal: [{ value: "SIGQUIT" }],
  stopSignalTo: [{ value: "main" }],
  umask: [{ value: "027" }],
  timeZone: [{ value: "Europe/Berlin" }],
  limits: [{ value: { files: 1024 } }],
  "limits.files": [{ value: 1024 }],
  "limits.memoryMib": [{ value: 512 }],
  "limits.cpuPercent": [{ value: 150 }],
  "limits.tasks": [{ value: 1000 }],
  "limits.oomPolicy": [{ value: "continue" }],
  command: [{ value: ["./other"] }],
  strategy: [{ value: "in-place" }],
  minHealthyTimeSeconds: [{ value: 4 }],
  startTimeoutSeconds: [{ value: 120 }],
  shutdownTimeoutSeconds: [{ value: 300 }],
  stopTimeoutSeconds: [{ value: 200 }],
};

/** Those of processes that answer requests. */
const ofHttp = (of: readonly string[]): Changes => {
  const [host, headers] = ["localhost", { Accept: "text/html" }];
  return {
    ping: [{ value: "/up", of }],
    "ping.path": [{ value: "/up", of }],
    "ping.host": [{ value: host, of, beside: { ping: { path: "/ping", host } } }],
    "ping.headers": [{ value: headers, of, beside: { ping: { path: "/ping", headers } } }],
    healthyCount: [{ value: 5, of }],
    drainTimeoutSeconds: [{ value: 45, of }],
  };
};

/** Changes of a service's instances. */
const instances: Changes = {
  instances: [
    {
      value: { sharedWith: "web" },
      of: api,
      beside: { basePort: 9000 },
      words: "own ones → those of another service",
    },
    { value: { min: 1, max: 1 }, of: jobs, words: "those of another service → own ones" },
  ],
  "instances.min": [
    { value: 3 },
    { value: 1 },
    { value: 3, of: store, words: "beside a schedule" },
  ],
  "instances.max": [{ value: 6 }, { value: 2 }],
  "instances.types": [{ value: ["t4g.medium"] }, { value: ["t4g.small", "t4g.medium"] }],
  "instances.architecture": [
    {
      value: "x86_64",
      of: api,
      beside: { instances: { min: 2, max: 4, architecture: "x86_64", types: ["t3a.small"] } },
    },
  ],
  "instances.spotPercent": [{ value: 50, beside: { instances: spot } }],
  "instances.onDemandBase": [{ value: 1, beside: { instances: spot } }],
  "instances.scaling": [{ value: { cpuPercent: 60 } }],
  "instances.scaling.cpuPercent": [{ value: 50, of: store }],
  "instances.scaling.requestsPerMinute": [{ value: 6000, of: store }],
  "instances.schedule": [{ value: { night }, words: "it comes" }],
  "instances.schedule.<name>.from": [{ value: "0 21 * * *", of: store }],
  "instances.schedule.<name>.until": [{ value: "0 7 * * *", of: store }],
  "instances.schedule.<name>.min": [{ value: 0, of: store }],
  "instances.schedule.<name>.max": [{ value: 2, of: store }],
  "instances.diskGib": [{ value: 40 }],
  "instances.imageChannel": [{ value: "edge" }],
  "instances.sharedWith": [{ value: "api", of: jobs }],
};

/** Changes of what a cluster's file says about a service. */
export const service: Section = {
  title: "A service",
  at: "services.<name>.",
  path: ["services", "web"],
  changes: {
    ...instances,
    config: [{ value: { GREETING: "hello" } }],
    repository: [{ value: "example/shop" }],
    databases: [{ value: ["main"] }],
    hosts: [{ value: ["www.example.org", "shop.example.org"] }],
    paths: [{ value: ["/api/*"], of: api }],
    priority: [{ value: 7 }],
    http: [
      { value: "internal", of: api, beside: { hosts: undefined } },
      { value: "none", of: api, beside: { hosts: undefined } },
    ],
    protocol: [
      { value: "http2", of: api },
      { value: "grpc", of: api },
    ],
    requestTimeoutSeconds: [{ value: 20 }],
    maxBodyMib: [{ value: 100 }],
    stickySeconds: [{ value: 3600 }],
    static: [{ value: { ...web.static, "/icons": "public/icons" } }],
    "static.<name>.folder": [{ value: "dist" }],
    "static.<name>.hashed": [
      { value: true, beside: { static: { "/assets": { folder: "public/assets", hashed: true } } } },
    ],
    before: [{ value: ["./migrate", "--all"] }],
    beforeTimeoutSeconds: [{ value: 900 }],
    cron: [
      {
        value: { ...web.cron, often: { command: ["./mail"], at: "hourly" } },
        words: "a command comes",
      },
    ],
    "cron.<name>.command": [{ value: ["./report", "--all"] }],
    "cron.<name>.at": [{ value: "weekly" }],
    "cron.<name>.timeoutSeconds": [{ value: 1800 }],
    ready: [{ value: "notify", of: jobs }],
    processes: [
      { value: 6 },
      {
        value: {
          web: { count: 4, command: ["./api"], ping: "/ping" },
          worker: { count: 1, command: ["./jobs"] },
        },
        of: api,
        beside: { command: undefined },
        words: "a number → kinds",
      },
    ],
    basePort: [{ value: 8010 }],
    user: [{ value: "shop" }],
    ...ofKinds,
    ...ofHttp(["services", "web"]),
    parallel: [{ value: 1 }],
    bootAhead: [{ value: false }],
    maxUnavailable: [{ value: 2 }],
    minHealthy: [{ value: "25%" }],
    canary: [{ value: 0 }],
    bakeSeconds: [{ value: 30 }],
    watchSeconds: [{ value: 120 }],
    maxErrorShare: [{ value: 10 }],
    maxFailures: [{ value: 1 }],
    autoRollback: [{ value: false }],
    progressDeadlineSeconds: [{ value: 3600 }],
    keepReleases: [{ value: 7 }],
    state: [{ value: { maxMib: 512 } }],
    "state.maxMib": [{ value: 512 }],
  },
};

/** Changes of one kind of a service's processes. */
export const kind: Section = {
  title: "A kind of processes",
  at: "services.<name>.processes.<name>.",
  path: ["services", "store", "processes", "worker"],
  changes: {
    count: [{ value: 2 }],
    singleton: [{ value: true }],
    ready: [{ value: "notify" }],
    ...ofKinds,
    ...ofHttp(["services", "store", "processes", "web"]),
  },
};
