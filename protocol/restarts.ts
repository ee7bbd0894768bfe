import type { InstanceRollout } from "./documents.ts";

/** How often the supervisor restarted the processes of these instances by itself. */
export const restartsIn = (reports: readonly Pick<InstanceRollout, "processes">[]): number =>
  reports
    .flatMap(({ processes }) => Object.values(processes))
    .reduce((sum, { restarts = 0 }) => sum + restarts, 0);

/**
 * The processes that restarted by themselves since they began to serve, one line each, for people.
 */
export const restartLines = (reports: readonly InstanceRollout[]): string[] =>
  reports.flatMap(({ instance, processes }) =>
    Object.entries(processes).flatMap(([n, { release, restarts = 0, lastExit }]) => {
      if (restarts === 0) return [];
      const last = lastExit === undefined ? "" : `; the last time ${lastExit}`;
      return [
        `process ${n} of ${instance} restarted ${times(restarts)} by itself on ${release}${last}`,
      ];
    }),
  );

/** `1 time`, `14 times`. */
export const times = (count: number) => `${count} ${count === 1 ? "time" : "times"}`;
