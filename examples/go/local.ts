import type { Cluster } from "../../modules/spec/cluster.ts";

export const local = {
  name: "local",
  account: "000000000000",
  region: "eu-central-1",
  cidr: "10.0.0.0/16",
  nat: "none",
  deletionProtection: false,
  consul: { servers: 1 },
  services: {
    live: {
      instances: { min: 2, max: 4 },
      hosts: ["live.local"],
      command: ["./live"],
      ping: "/healthz",
      processes: 1, // Go uses each processor by itself
      shutdownTimeoutSeconds: 25,
      bakeSeconds: 0,
      watchSeconds: 1,
    },
  },
} as const satisfies Cluster;
