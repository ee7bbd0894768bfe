/**
 * Names from OpenTelemetry's semantic conventions 1.45.0. Copied, as the conventions recommend for
 * unstable names: the package has thousands, and every program that shows a trace would load them.
 * A test compares them.
 */
export const attribute = {
  deploymentId: "deployment.id",
  deploymentName: "deployment.name",
  deploymentStatus: "deployment.status",
  environment: "deployment.environment.name",
  hostName: "host.name",
  serviceName: "service.name",
  serviceVersion: "service.version",
  serviceInstance: "service.instance.id",
  commit: "vcs.ref.head.revision",
  exceptionMessage: "exception.message",
} as const;

/** Names that the conventions do not have. */
export const ownAttribute = {
  /** `release`, `restart` or `rollback`. */
  kind: "shoestring.deploy.kind",
  /** Number of a process, from 1. */
  process: "shoestring.process",
  /** How a roll or a rollout ended. */
  phase: "shoestring.phase",
  /** Connections that a roll cut. */
  cut: "shoestring.cut",
  /** When everything served; the rollout's span ends after its watch. */
  served: "shoestring.served_at",
  /** Why an upload did not become a deploy. */
  refused: "shoestring.refused",
} as const;
