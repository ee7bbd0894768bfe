import { longestOf } from "../../protocol/process-settings.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";

/** Timeouts of the group's lifecycle hooks. */
export interface Lifecycle {
  readonly launchHook: string;
  readonly terminateHook: string;
  /** Seconds from an instance's launch until the group abandons it. */
  readonly launchSeconds: number;
  /** Seconds from the start of an instance's termination, or from a heartbeat, until the group forces it. */
  readonly leaveSeconds: number;
}

/** Seconds from a launch until the agent runs. */
const bootSeconds = 120;
/** Seconds to fetch and unpack a release. */
const fetchSeconds = 120;
const shortestSeconds = 600;
/** The longest that Auto Scaling allows. Where leaving takes longer, the agent sends heartbeats. */
const longestSeconds = 7200;
/** The load balancer's part of leaving, with a margin. */
const deregisterSeconds = 60;

/** Times in whole seconds that suffice for the slowest of these services; they roll side by side. */
export function lifecycleOf(services: readonly ServiceFile[]): Lifecycle {
  const slowest = (seconds: (service: ServiceFile) => number) => Math.max(...services.map(seconds));
  const starting = slowest((it) => it.processes * longestOf(it, (of) => of.startTimeoutSeconds));
  const stopping = slowest((it) =>
    Math.max(
      longestOf(it, (of) => of.drainTimeoutSeconds + of.stopTimeoutSeconds),
      longestCommandSeconds(it),
    ),
  );
  const needed = Math.ceil(bootSeconds + fetchSeconds + starting);
  return {
    launchHook: "launch",
    terminateHook: "terminate",
    launchSeconds: Math.min(Math.max(needed, shortestSeconds), longestSeconds),
    leaveSeconds: Math.min(Math.ceil(stopping) + deregisterSeconds, longestSeconds),
  };
}

/** A step before a release or a scheduled command that runs may take its time on an instance that leaves. */
function longestCommandSeconds({ before, cron = {}, stopTimeoutSeconds }: ServiceFile): number {
  const timeouts = [before, ...Object.values(cron)].map((it) => it?.timeoutSeconds ?? 0);
  return Math.max(...timeouts) + stopTimeoutSeconds;
}

/**
 * The time after which the agent itself abandons a launch. It is shorter than the group's, whose
 * clock began before the agent's, so that the instance's journal has the reason.
 */
export const agentLaunchSeconds = ({ launchSeconds }: Lifecycle) => launchSeconds - bootSeconds;
