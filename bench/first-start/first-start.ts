import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "../../cli/connect.ts";
import { local } from "../../clusters/local.ts";
import { readDeploy } from "../../local/demo/scenario.ts";
import { shoestring } from "../../local/demo/shoestring.ts";
import { percentile } from "../../local/load/records.ts";
import { execOn, type Region, up } from "../../local/region/index.ts";
import { makeRelease } from "../../local/web/release.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";

/** Time from a deploy's write to KV until systemd starts the first new process. Target: 150 ms. */
export interface FirstStart {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

/**
 * One process on one instance, so that a restart is short. An agent's work before the first start
 * is the same for more processes, which follow the first one.
 */
const cluster: Cluster = {
  ...local,
  services: {
    web: {
      ...local.services.web,
      instances: { min: 1, max: 1 },
      processes: 1,
      minHealthyTimeSeconds: 0,
    },
  },
};
/** The pause between two restarts, so that the agent is at rest. */
const settleMs = 300;

/** Boots a new region and restarts its service repeatedly, without load. */
export async function firstStart(
  region: Region,
  samples: number,
  say: (line: string) => void,
): Promise<FirstStart> {
  const { instances } = await up(region, { cluster, log: say });
  const { consul } = connect(cluster.name);
  await pushRelease();
  const delays: number[] = [];
  for (let i = 1; i <= samples; i += 1) {
    await pause(settleMs);
    await shoestring("restart", "web", "--wait");
    const at = Date.parse((await readDeploy(consul)).at);
    const starts = await Promise.all(instances.map(({ name }) => startsOn(region, name)));
    delays.push(Math.min(...starts.flat().filter((ms) => ms >= at)) - at);
    if (i % 25 === 0) say(`  ${i} restarts`);
  }
  delays.sort((a, b) => a - b);
  const part = (of: number) => percentile(delays, of);
  return { samples, p50Ms: part(0.5), p99Ms: part(0.99), worstMs: part(1) };
}

export const firstStartLine = ({ samples, p50Ms, p99Ms, worstMs }: FirstStart) =>
  `  from the write to the first new process: p50 ${p50Ms} ms, p99 ${p99Ms} ms, worst ${worstMs} ms of ${samples}`;

async function pushRelease(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-first-start-"));
  try {
    makeRelease(folder, { bootMs: 100 });
    await shoestring("release", "push", folder, "--service", "web", "--wait");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The start times of the service's processes on an instance, by the wall clock. */
async function startsOn(region: Region, instance: string): Promise<number[]> {
  const show = ["systemctl", "show", "shoestring-web@*", "-p", "ExecMainStartTimestamp"];
  const { stdout } = await execOn(region, instance, [...show, "--timestamp=us+utc"]);
  return [...stdout.matchAll(/=\w+ (\S+) (\S+) UTC/g)].map(([, day, time]) =>
    Date.parse(`${day}T${time}Z`),
  );
}
