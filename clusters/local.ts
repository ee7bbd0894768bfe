import type { Cluster } from "../modules/spec/cluster.ts";

/** The cluster that `shoestring local up` boots on one machine. */
export const local = {
  name: "local",
  account: "000000000000", // AWS is simulated: the account does not exist
  region: "eu-central-1",
  cidr: "10.0.0.0/16", // the region chooses a free /24 of 10.0.0.0/8, so that two do not collide
  nat: "none",
  deletionProtection: false,
  consul: { servers: 1 },
  services: {
    web: {
      instances: { min: 2, max: 4 },
      hosts: ["web.local"],
      command: ["node", "server.js"],
      ping: "/ping",
      processes: 4,
      basePort: 8000,
      // The demo service boots in half a second; staging and production keep the longer defaults.
      minHealthyTimeSeconds: 0.5,
      startTimeoutSeconds: 20,
      drainTimeoutSeconds: 15, // longer than the slowest request of the demo and tests, 10 s
      stopTimeoutSeconds: 5,
      bakeSeconds: 0, // the demo and the bench measure rolls, not waits
      watchSeconds: 1,
    },
  },
} as const satisfies Cluster;
