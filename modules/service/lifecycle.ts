import type { ServiceFile } from "../../protocol/service-file.ts";

/** What the group's hooks wait for, and how long. */
export interface Lifecycle {
  readonly launchHook: string;
  readonly terminateHook: string;
  /** From an instance's launch until the group gives it up. */
  readonly launchSeconds: number;
  /** From the beginning of an instance's end until the group ends it in any case. */
  readonly leaveSeconds: number;
}

/** From a launch until the agent runs. */
const bootSeconds = 120;
/** To fetch and unpack a release. */
const fetchSeconds = 120;
const shortestSeconds = 600;
/** What Auto Scaling allows. */
const longestSeconds = 7200;
/** The load balancer's part of leaving, and some more. */
const deregisterSeconds = 60;

/** Times that suffice for the slowest of these services; each rolls beside the others. */
export function lifecycleOf(services: readonly ServiceFile[]): Lifecycle {
  const slowest = (seconds: (service: ServiceFile) => number) => Math.max(...services.map(seconds));
  const starting = slowest((it) => it.processes * it.startTimeoutSeconds);
  const stopping = slowest((it) => it.drainTimeoutSeconds + it.stopTimeoutSeconds);
  const needed = bootSeconds + fetchSeconds + starting;
  return {
    launchHook: "launch",
    terminateHook: "terminate",
    launchSeconds: Math.min(Math.max(needed, shortestSeconds), longestSeconds),
    leaveSeconds: Math.min(stopping + deregisterSeconds, longestSeconds),
  };
}

/**
 * When the agent itself gives a launch up: sooner than the group, whose clock began before the
 * agent's, so that the journal of the instance says why.
 */
export const agentLaunchSeconds = ({ launchSeconds }: Lifecycle) => launchSeconds - bootSeconds;
