import type { Cluster } from "../modules/spec/cluster.ts";

/** For experiments: as cheap as possible, with nothing in it that must be kept. */
export const dev = {
  name: "dev",
  cidr: "10.44.0.0/20",
  account: "111111111111",
  region: "eu-central-1",
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  nat: "none", // instances have public addresses, and let nothing in
  deletionProtection: false,
  consul: { servers: 1, instanceType: "t4g.nano" },
  services: {
    web: {
      instances: { min: 1, max: 2, types: ["t4g.micro"] },
      command: ["node", "server.js"],
      processes: 2,
    },
  },
} as const satisfies Cluster;
