import { baseCluster } from "./base-cluster.ts";
import type { Section } from "./field-change.ts";

const service = { instances: { min: 2, max: 4 }, hosts: ["shop.example.org"], command: ["./shop"] };
const { api, ...otherServices } = baseCluster.services;
const { main } = baseCluster.databases;
const { pad } = baseCluster.apps;
/** The cluster's names in another zone. */
const elsewhere = JSON.parse(
  JSON.stringify({ services: baseCluster.services, apps: baseCluster.apps }).replaceAll(
    "example.org",
    "example.net",
  ),
);
const runners = "sg-0123456789abcdef0";

/** Changes of what a cluster's file says about the cluster itself. */
export const cluster: Section = {
  title: "The cluster",
  at: "",
  path: [],
  changes: {
    name: [{ value: "qb" }],
    cidr: [{ value: "10.47.0.0/16" }],
    account: [{ value: "222222222222" }],
    region: [{ value: "eu-west-1" }],
    zones: [{ value: 3 }],
    nat: [{ value: "per-zone" }, { value: "none" }],
    flowLogs: [{ value: true }],
    deletionProtection: [{ value: false }],
    alarmsTo: [{ value: "on-call@example.org" }],
    config: [{ value: { LOG_LEVEL: "debug" } }],
    dns: [{ value: undefined, words: "it is left out" }],
    "dns.domain": [{ value: "example.net", beside: elsewhere }],
    "dns.zoneId": [{ value: "Z9876543210EXAMPLE" }],
    "dns.maxCertificateNames": [{ value: 20 }],
    slack: [{ value: undefined, words: "it is left out" }],
    "slack.channel": [{ value: "C9876543210" }],
    "slack.api": [{ value: "https://slack.example.org/api" }],
    "slack.links": [{ value: { board: "https://board.example.org" } }],
    "slack.links.trace": [{ value: "https://traces.example.org/{trace}" }],
    "slack.links.board": [{ value: "https://board.example.org" }],
    trace: [{ value: undefined, words: "it is left out" }],
    "trace.endpoint": [{ value: "https://traces.example.org" }],
    "trace.fromBuilds": [{ value: false }],
    "trace.headers": [{ value: { "x-honeycomb-team": "ssm:/shoestring/qa/trace/key" } }],
    consul: [{ value: { servers: 5 } }],
    "consul.servers": [{ value: 5 }, { value: 1 }],
    "consul.instanceType": [{ value: "t4g.medium" }],
    "consul.httpFrom": [{ value: { runners } }],
    loadBalancer: [{ value: { idleTimeoutSeconds: 600 } }],
    "loadBalancer.idleTimeoutSeconds": [{ value: 600 }],
    services: [
      { value: { ...baseCluster.services, shop: service }, words: "a service comes" },
      { value: otherServices, words: "a service goes" },
    ],
    apps: [
      { value: { pad, wiki: { ...pad, hosts: ["wiki.example.org"] } }, words: "an app comes" },
      { value: {}, words: "an app goes" },
    ],
    databases: [
      { value: { main, other: {} }, words: "a database comes" },
      { value: {}, words: "a database goes" },
    ],
  },
};

/** Changes of an app on Fargate. */
export const app: Section = {
  title: "An app",
  at: "apps.<name>.",
  path: ["apps", "pad"],
  changes: {
    image: [{ value: `example/pad@sha256:${"1".repeat(64)}`, words: "another digest" }],
    hosts: [{ value: ["pad.example.org", "notes.example.org"] }],
    port: [{ value: 9090 }],
    cpu: [{ value: 512, beside: { memoryMib: 1024 } }],
    memoryMib: [{ value: 1024 }],
    ping: [{ value: "/up" }],
    minTasks: [{ value: 3 }],
    maxTasks: [{ value: 6 }],
  },
};

/** Changes of a database. */
export const database: Section = {
  title: "A database",
  at: "databases.<name>.",
  path: ["databases", "main"],
  changes: {
    instanceClass: [{ value: "db.t4g.large" }],
    storageGib: [{ value: 40 }],
    maxStorageGib: [{ value: 200 }],
    multiAz: [{ value: false }],
    backupDays: [{ value: 14 }],
  },
};
