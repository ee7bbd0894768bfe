import type { Cluster } from "../modules/spec/cluster.ts";

export const production = {
  name: "production",
  cidr: "10.40.0.0/16",
  account: "111111111111",
  region: "eu-central-1",
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  zones: 3,
  nat: "per-zone", // when one zone fails, the others keep their way out
  flowLogs: true,
  alarmsTo: "on-call@example.org",
  consul: { servers: 3, instanceType: "t4g.medium" },
  config: { LOG_LEVEL: "info" },
  services: {
    api: {
      repository: "example/api",
      instances: {
        min: 3,
        max: 12,
        scaling: { cpuPercent: 60 },
        types: ["m7g.large", "c7g.large"],
        spotPercent: 50, // of those above min
      },
      hosts: ["api.example.org"],
      command: ["node", "server.js"],
      processes: 8,
      maxUnavailable: 2,
      databases: ["main"],
      config: { DATABASE_PASSWORD: "secretsmanager:production/api/database" },
    },
    web: {
      repository: "example/web",
      instances: { min: 3, max: 9, types: ["m7g.medium"] },
      hosts: ["www.example.org", "example.org"],
      command: ["node", "server.js"],
    },
    jobs: {
      instances: { min: 2, max: 2 },
      command: ["node", "jobs.js"],
      processes: 2,
      strategy: "in-place", // two at once would run each job twice
      shutdownTimeoutSeconds: 300, // the longest job
    },
  },
  databases: {
    main: { instanceClass: "db.t4g.large", storageGib: 100, maxStorageGib: 500, backupDays: 30 },
  },
} as const satisfies Cluster;
