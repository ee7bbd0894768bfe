import type { InstanceRollout } from "./documents.ts";

/** How many processes of these instances had to be killed at their stop. */
export const killedIn = (reports: readonly Pick<InstanceRollout, "killed">[]): number =>
  reports.reduce((sum, { killed = 0 }) => sum + killed, 0);

/** The processes of these instances that had to be killed at their stop, one line each, for people. */
export const killedLines = (
  reports: readonly Pick<InstanceRollout, "instance" | "killed" | "killedAfterSeconds">[],
): string[] =>
  reports.flatMap(({ instance, killed = 0, killedAfterSeconds: seconds }) => {
    if (killed === 0) return [];
    const [was, subject] = killed === 1 ? ["process was", "it"] : ["processes were", "they"];
    const after = seconds === undefined ? "" : ` after ${seconds} s`;
    return [`${instance}: ${killed} ${was} killed${after}: ${subject} had not stopped`];
  });
