import { account } from "../../clusters/account.ts";
import type { Cluster } from "../../modules/cluster/index.ts";

/** A cluster with something of everything, each part of which a change can meet while it serves. */
export const baseCluster = {
  name: "qa",
  cidr: "10.46.0.0/16",
  account: account.account,
  region: account.region,
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  alarmsTo: "ops@example.org",
  slack: { channel: "C0123456789" },
  trace: { endpoint: "https://api.honeycomb.io" },
  config: { LOG_LEVEL: "info" },
  services: {
    web: {
      repository: "example/web",
      instances: { min: 2, max: 4 },
      hosts: ["www.example.org"],
      command: ["./web"],
      before: ["./migrate"],
      static: { "/assets": "public/assets" },
      cron: { nightly: { command: ["./report"], at: "daily" } },
    },
    api: {
      instances: { min: 2, max: 4 },
      hosts: ["api.example.org"],
      command: ["./api"],
    },
    auth: {
      instances: { min: 2, max: 2 },
      http: "internal",
      command: ["./auth"],
    },
    store: {
      instances: {
        min: 2,
        max: 4,
        scaling: { cpuPercent: 60 },
        schedule: { night: { from: "0 20 * * *", until: "0 6 * * *", min: 1 } },
      },
      hosts: ["store.example.org"],
      processes: {
        web: { count: 2, command: ["./store"], ping: "/ping" },
        worker: { count: 1, command: ["./worker"] },
      },
    },
    jobs: { instances: { sharedWith: "web" }, http: "none", command: ["./jobs"] },
  },
  apps: { pad: { image: `example/pad@sha256:${"0".repeat(64)}`, hosts: ["pad.example.org"] } },
  databases: { main: {} },
} as const satisfies Cluster;
