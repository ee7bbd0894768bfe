import type { Deploy, InstanceRollout, ProcessReport } from "./documents.ts";

/**
 * Whether a process is done: its front port is served as the deploy wants it, since this roll. It is
 * done also while its predecessor still retires, except in a restart, where both are of the same
 * release. The CLI, Slack and the board count processes by this.
 */
export function isProcessDone(
  deploy: Deploy,
  { phase, startedAt }: InstanceRollout,
  process: ProcessReport,
): boolean {
  if (phase === "done") return true;
  if (startedAt === undefined) return false;
  // A restart keeps the release, so only a process that serves since the roll began has restarted.
  if (deploy.kind === "restart") {
    return process.phase === "serving" && Date.parse(process.since) > Date.parse(startedAt);
  }
  const serves = process.phase !== "out" && process.phase !== "failed";
  return serves && process.release === deploy.release.id;
}

/** The number of an instance's processes that are done. */
export const countDone = (deploy: Deploy, report: InstanceRollout): number =>
  Object.values(report.processes).filter((it) => isProcessDone(deploy, report, it)).length;
