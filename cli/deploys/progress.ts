import type { Deploy, InstanceRollout } from "../../protocol/documents.ts";
import type { Progress } from "../../protocol/status.ts";

/** How many processes run what the deploy wants, of how many. */
export interface Count {
  readonly done: number;
  readonly of: number;
}

/**
 * @param registered how many instances the service has; those that have not begun count as the
 * largest that has.
 */
export function countProcesses(deploy: Deploy, { instances }: Progress, registered: number): Count {
  const sizes = instances.map(({ processes }) => Object.keys(processes).length);
  const unseen = Math.max(0, registered - instances.length) * Math.max(0, ...sizes);
  return {
    done: instances.reduce((sum, instance) => sum + doneOn(instance, deploy), 0),
    of: sizes.reduce((sum, size) => sum + size, 0) + unseen,
  };
}

/**
 * Processes that the deploy serves on an instance. But for a restart, one whose old process still
 * retires counts: in Slack's bars that one is on its way, and for the fleet's progress it is none yet.
 */
function doneOn({ phase, processes, startedAt }: InstanceRollout, deploy: Deploy): number {
  const all = Object.values(processes);
  if (phase === "done") return all.length;
  if (startedAt === undefined) return 0;
  // A restart's release ran before, too: what serves since it began is new.
  return all.filter((p) =>
    deploy.kind === "restart"
      ? p.phase === "serving" && Date.parse(p.since) > Date.parse(startedAt)
      : p.release === deploy.release.id && p.phase !== "out" && p.phase !== "failed",
  ).length;
}

const barWidth = 20;

/** `[#####---------------] 2/8`; empty where nothing is known yet. */
export function bar({ done, of }: Count): string {
  if (of === 0) return "";
  const filled = Math.floor((done / of) * barWidth);
  return `[${"#".repeat(filled).padEnd(barWidth, "-")}] ${done}/${of}`;
}
