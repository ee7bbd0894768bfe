import type { InstanceRollout } from "./documents.ts";

/** How often the supervisor restarted the processes of these instances by itself. */
export const restartsIn = (reports: readonly Pick<InstanceRollout, "processes">[]): number =>
  reports
    .flatMap(({ processes }) => Object.values(processes))
    .reduce((sum, { restarts = 0 }) => sum + restarts, 0);

/** `1 time`, `14 times`. */
export const times = (count: number) => `${count} ${count === 1 ? "time" : "times"}`;
