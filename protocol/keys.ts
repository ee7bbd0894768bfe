/** Every key of Consul KV that Shoestring reads or writes. */
export const keys = {
  /** Written by the cluster's file: that it has this service. */
  service: (service: string) => `services/${service}`,
  services: () => "services/",
  deploy: (service: string) => `deploys/${service}`,
  deploys: () => "deploys/",
  rollout: (service: string, revision: number) => `rollouts/${service}/${revision}`,
  /** A copy of the deploy that a rollout carries out; what history shows. */
  rolloutDeploy: (service: string, revision: number) => `rollouts/${service}/${revision}/deploy`,
  rollouts: (service: string) => `rollouts/${service}/`,
  /** Session lock of the agent that keeps a rollout's books. */
  rolloutCoordinator: (service: string, revision: number) =>
    `rollouts/${service}/${revision}/coordinator`,
  rolloutInstances: (service: string, revision: number) =>
    `rollouts/${service}/${revision}/instances/`,
  rolloutInstance: (service: string, revision: number, instance: string) =>
    `rollouts/${service}/${revision}/instances/${instance}`,
  /** Slots are numbered from 1. */
  slot: (service: string, n: number) => `slots/${service}/${n}`,
  slots: (service: string) => `slots/${service}/`,
  allReleases: () => "releases/",
  good: (service: string) => `releases/${service}/good`,
  /** What was good before; a rollback goes there without naming it. */
  previousGood: (service: string) => `releases/${service}/previous`,
  hold: (service: string) => `holds/${service}`,
  holds: () => "holds/",
  /** A rollout of the service goes no further while this is there. */
  pause: (service: string) => `pauses/${service}`,
  pauses: () => "pauses/",
  /** An instance that a person took out; of whatever services run on it. */
  drain: (instance: string) => `drains/${instance}`,
  drains: () => "drains/",
  /** Counts what is written to drains. Not among them: who lists drains need not know it. */
  drainOrder: () => "drain-order",
  /** With the trailing slash: the prefix "web" would also match "web2" (envconsul#8). */
  globalConfig: () => "global/",
  serviceConfig: (service: string) => `${service}/`,
  configVariable: (scope: string, variable: string) => `${scope}/${variable}`,
  audit: (time: Date, id: string) => `audit/${time.toISOString()}-${id}`,
  audits: () => "audit/",
} as const;
