import type { Cluster } from "../modules/spec/cluster.ts";

const name = "staging"; // the file's name; change it in a copy

/** Releases are tested here before production. A copy of this file makes another cluster. */
export const staging = {
  name,
  cidr: "10.42.0.0/16", // addresses of its own; change it in a copy
  account: "111111111111",
  region: "eu-central-1",
  // Services answer at <service>.staging.example.org.
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  nat: "one", // when its zone fails, instances get no further than the network
  alarmsTo: "staging-alarms@example.org",
  config: { LOG_LEVEL: "debug" },
  services: {
    api: {
      repository: "example/api",
      instances: { min: 2, max: 4 },
      command: ["node", "server.js"],
      databases: ["main"],
      config: { DATABASE_PASSWORD: `secretsmanager:${name}/api/database` },
    },
    web: {
      repository: "example/web",
      instances: { min: 2, max: 4 },
      command: ["node", "server.js"],
    },
    // Runs on web's instances: too small for its own.
    jobs: {
      instances: { sharedWith: "web" },
      command: ["node", "jobs.js"],
      basePort: 9000,
      processes: 1,
      strategy: "in-place", // two at once would run each job twice
    },
  },
  databases: {
    main: { instanceClass: "db.t4g.small", multiAz: false },
  },
} as const satisfies Cluster;
