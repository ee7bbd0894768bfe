import type { Cluster } from "../../modules/spec/cluster.ts";

export const local = {
  name: "local",
  account: "000000000000",
  region: "eu-central-1",
  cidr: "10.0.0.0/16",
  nat: "none",
  deletionProtection: false,
  consul: { servers: 1 },
  // gRPC needs a load balancer with TLS; the local one takes HTTP/2 without.
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  services: {
    // Answers at live.local.example.org.
    live: {
      instances: { min: 2, max: 4 },
      command: ["./live"],
      ping: "/healthz",
      processes: 1, // Go uses each processor by itself
      shutdownTimeoutSeconds: 25,
      bakeSeconds: 0,
      watchSeconds: 1,
    },
    // The same program on the same instances, for callers of gRPC.
    quotes: {
      instances: { sharedWith: "live" },
      command: ["./live"],
      protocol: "grpc",
      processes: 1,
      basePort: 9000,
      shutdownTimeoutSeconds: 25,
      bakeSeconds: 0,
      watchSeconds: 1,
    },
  },
} as const satisfies Cluster;
