/** Every key of Consul KV that Shoestring reads or writes. */
export const keys = {
  /** Marks that the cluster has this service; the cluster's file writes it. */
  service: (service: string) => `services/${service}`,
  services: () => "services/",
  deploy: (service: string) => `deploys/${service}`,
  deploys: () => "deploys/",
  rollout: (service: string, revision: number) => `rollouts/${service}/${revision}`,
  /** A copy of the deploy that a rollout applies; history shows it. */
  rolloutDeploy: (service: string, revision: number) => `rollouts/${service}/${revision}/deploy`,
  rollouts: (service: string) => `rollouts/${service}/`,
  /** Leader lock of a rollout's coordinator. */
  rolloutCoordinator: (service: string, revision: number) =>
    `rollouts/${service}/${revision}/coordinator`,
  /** The step before a release that ran last. Below the service's rollouts: its agents may write there. */
  before: (service: string) => `rollouts/${service}/before`,
  /** The lease of a kind of processes of which one runs in the fleet. */
  singleton: (service: string, kind: string) => `rollouts/${service}/singletons/${kind}`,
  singletons: (service: string) => `rollouts/${service}/singletons/`,
  /** The last run of a scheduled command, below the service's rollouts for the same reason. */
  cron: (service: string, name: string) => `rollouts/${service}/cron-${name}`,
  crons: (service: string) => `rollouts/${service}/cron-`,
  /** The instances whose state folder is too large. */
  largeState: (service: string) => `rollouts/${service}/large-state`,
  rolloutInstances: (service: string, revision: number) =>
    `rollouts/${service}/${revision}/instances/`,
  rolloutInstance: (service: string, revision: number, instance: string) =>
    `rollouts/${service}/${revision}/instances/${instance}`,
  /** Slots are numbered from 1. */
  slot: (service: string, n: number) => `slots/${service}/${n}`,
  slots: (service: string) => `slots/${service}/`,
  allReleases: () => "releases/",
  good: (service: string) => `releases/${service}/good`,
  /** The last known good deploy before this one; a rollback without a release goes there. */
  previousGood: (service: string) => `releases/${service}/previous`,
  hold: (service: string) => `holds/${service}`,
  holds: () => "holds/",
  /** A rollout of the service goes no further while this key exists. */
  pause: (service: string) => `pauses/${service}`,
  pauses: () => "pauses/",
  /** The drain of an instance, for every service that runs on it. */
  drain: (instance: string) => `drains/${instance}`,
  drains: () => "drains/",
  /** Counts writes to drains. Not below their prefix: readers that list drains need not know it. */
  drainOrder: () => "drain-order",
  /** With the trailing slash: the prefix "web" would also match "web2" (envconsul#8). */
  globalConfig: () => "global/",
  serviceConfig: (service: string) => `${service}/`,
  configVariable: (scope: string, variable: string) => `${scope}/${variable}`,
  audit: (time: Date, id: string) => `audit/${time.toISOString()}-${id}`,
  audits: () => "audit/",
} as const;
