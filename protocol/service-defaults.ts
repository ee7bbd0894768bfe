/**
 * Defaults of a service's fields, for a cluster file and for a service's file that lacks one;
 * `ServiceSpec` documents each.
 */
export const serviceDefaults = {
  processes: 4,
  basePort: 8000,
  ping: "/ping",
  strategy: "overlap",
  parallel: "auto",
  bootAhead: true,
  healthyCount: 3,
  minHealthyTimeSeconds: 2,
  startTimeoutSeconds: 60,
  drainTimeoutSeconds: 30,
  stopTimeoutSeconds: 30,
  maxUnavailable: 1,
  minHealthy: "50%",
  canary: 1,
  bakeSeconds: 10,
  watchSeconds: 60,
  maxErrorShare: 5,
  maxFailures: 0,
  autoRollback: true,
  progressDeadlineSeconds: 600,
  keepReleases: 5,
} as const;
