import type { Cluster } from "../modules/cluster/cluster.ts";

/** The cluster that `shoestring local up` boots on one machine. */
export const local = {
  name: "local",
  cidr: "10.0.0.0/8", // the region takes one free /24, so that two regions do not collide
  domain: "local",
  services: {
    web: {
      instances: { min: 2, max: 2 },
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
    },
  },
} as const satisfies Cluster;
