import type { Deploy, InstanceRollout } from "../../protocol/documents.ts";
import type { Progress } from "../../protocol/status.ts";

/** The number of processes that run the desired release, and of all processes. */
export interface Count {
  readonly done: number;
  readonly of: number;
}

/**
 * @param registered the number of instances of the service; those that have not begun count as many
 * processes as the largest that has.
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
 * Processes on an instance that serve the deploy. Except in a restart, a process whose predecessor
 * still retires counts as done; Slack's bars and the fleet's progress do not count it yet.
 */
function doneOn({ phase, processes, startedAt }: InstanceRollout, deploy: Deploy): number {
  const all = Object.values(processes);
  if (phase === "done") return all.length;
  if (startedAt === undefined) return 0;
  // A restart keeps the release, so only processes that serve since it began count.
  return all.filter((p) =>
    deploy.kind === "restart"
      ? p.phase === "serving" && Date.parse(p.since) > Date.parse(startedAt)
      : p.release === deploy.release.id && p.phase !== "out" && p.phase !== "failed",
  ).length;
}

const barWidth = 20;

/** `[#####---------------] 2/8`; empty while the number of processes is unknown. */
export function bar({ done, of }: Count): string {
  if (of === 0) return "";
  const filled = Math.floor((done / of) * barWidth);
  return `[${"#".repeat(filled).padEnd(barWidth, "-")}] ${done}/${of}`;
}
