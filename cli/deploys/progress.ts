import type { Deploy } from "../../protocol/documents.ts";
import { countDone } from "../../protocol/done-processes.ts";
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
    done: instances.reduce((sum, instance) => sum + countDone(deploy, instance), 0),
    of: sizes.reduce((sum, size) => sum + size, 0) + unseen,
  };
}

const barWidth = 20;

/** `[#####---------------] 2/8`; empty while the number of processes is unknown. */
export function bar({ done, of }: Count): string {
  if (of === 0) return "";
  const filled = Math.floor((done / of) * barWidth);
  return `[${"#".repeat(filled).padEnd(barWidth, "-")}] ${done}/${of}`;
}
