import type { FilesResult } from "../files/files.ts";
import type { RolloutsResult } from "./rollouts.ts";
import type { Measured } from "./run.ts";

export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const mostP99OverSteady = 2;
/** The most that is allowed, as a share of the faster `pm2 reload`'s time. */
const mostOfPm2 = { served: 0.85, gone: 1.1 } as const;
const mostDeliveryMs = 2000;

/** The goals and their results, for the parts and ways that were measured. */
export function goals({ rollouts, files, scale }: Measured): Goal[] {
  return [
    ...(rollouts ? ofRollouts(rollouts) : []),
    ...(files ? ofFiles(files.results) : []),
    ...(scale
      ? [
          {
            goal: `the last of ${scale.agents} agents is told within ${mostDeliveryMs / 1000} s of a write`,
            measured: `${seconds(scale.lastDeliveryMs / 1000)}, worst ${seconds(scale.worstLastDeliveryMs / 1000)}`,
            isMet: scale.worstLastDeliveryMs <= mostDeliveryMs,
          },
        ]
      : []),
  ];
}

function ofRollouts({ ways }: RolloutsResult): Goal[] {
  const ours = ways.find(({ name }) => name === "shoestring");
  if (!ours) return [];
  const peers = ways.filter((way) => way !== ours);
  const pm2 = peers.filter(({ name }) => name.startsWith("pm2"));
  const losing = peers.filter(({ lost }) => lost > 0).map(({ name, lost }) => `${name} ${lost}`);
  const lost: Goal = {
    goal: `no request lost in ${ours.deploys} deploys`,
    measured: `${ours.lost}; ${losing.join(", ") || "no peer lost one"}`,
    isMet: ours.lost === 0,
  };
  const ratio = ours.p99Ms / ours.steadyP99Ms;
  const p99: Goal = {
    goal: `p99 during a deploy at most ${mostP99OverSteady} × steady`,
    measured: `${ratio.toFixed(1)} ×`,
    isMet: ratio <= mostP99OverSteady,
  };
  if (pm2.length === 0) return [lost, p99];
  const served = Math.min(...pm2.map(({ servedSeconds }) => servedSeconds));
  const ended = Math.min(...pm2.map(({ endedSeconds }) => endedSeconds));
  return [
    lost,
    within("new ones serve", mostOfPm2.served, ours.servedSeconds, served),
    within("old ones are gone", mostOfPm2.gone, ours.endedSeconds, ended),
    p99,
  ];
}

const within = (what: string, most: number, ours: number, theirs: number): Goal => ({
  goal: `${what} within ${most} × the time of \`pm2 reload\``,
  measured: `${seconds(ours)} against ${seconds(theirs)}: ${(ours / theirs).toFixed(2)} ×`,
  isMet: ours <= most * theirs,
});

function ofFiles(results: readonly FilesResult[]): Goal[] {
  return results
    .filter(({ tool }) => tool === "shoestring")
    .flatMap((ours) => {
      const { what, watchers } = ours;
      const theirs = results.find(
        (it) => it.tool !== ours.tool && it.what === what && it.watchers === watchers,
      );
      if (!theirs) return [];
      return {
        goal: `KV → file, \`${what}\`, ${watchers} watching: p50 and p99 at most consul-template's`,
        measured: `${ours.p50Ms} and ${ours.p99Ms} ms against ${theirs.p50Ms} and ${theirs.p99Ms} ms`,
        isMet: ours.p50Ms <= theirs.p50Ms && ours.p99Ms <= theirs.p99Ms,
      };
    });
}

const seconds = (value: number) => `${value.toFixed(1)} s`;
