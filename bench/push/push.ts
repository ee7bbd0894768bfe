import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../cli/connect.ts";
import type { Consul } from "../../lib/consul.ts";
import { floors, readDeploy } from "../../local/demo/scenario.ts";
import { shoestring } from "../../local/demo/shoestring.ts";
import { floorSeconds } from "../../local/load/floor.ts";
import { startLoad } from "../../local/load/load.ts";
import { percentile } from "../../local/load/records.ts";
import type { Region } from "../../local/region/index.ts";
import { makeRelease } from "../../local/web/release.ts";
import { serviceFile } from "../../modules/service/service-file.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { InstanceRollout, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { RegionFile } from "../../protocol/region-file.ts";
import { figures, type PushFigures, type Times } from "./figures.ts";

const samples = 3;

/** The limit for the median push's time beyond the floor, in seconds. */
const targetBeyondFloorSeconds = 2;

export interface PushBench {
  readonly pushes: readonly PushFigures[];
  /** The rolls' time without the agent, one process after the other, on all instances. */
  readonly floorSeconds: number;
  readonly targetBeyondFloorSeconds: number;
  readonly isMet: boolean;
  readonly requests: number;
  readonly lost: number;
}

/**
 * Pushes releases of a deployed service as a workflow does after its build, on the real path: S3,
 * the queue, the function, Consul, the agents. The load is that of the floor's measurement.
 */
export async function pushBench(
  region: Region,
  cluster: Cluster,
  file: RegionFile,
): Promise<PushBench> {
  const service = serviceFile(cluster, "web");
  const { consul } = connect(cluster.name);
  const instances = file.instances.map(({ name }) => name);
  const load = await startLoad({ url: file.url, host: service.hosts[0] as string });
  try {
    const parts = await floors(region, instances, service, await readDeploy(consul), file);
    const floor = [...parts.values()].reduce((sum, it) => sum + floorSeconds(it), 0);
    const pushes: PushFigures[] = [];
    for (let i = 0; i < samples; i += 1) pushes.push(await pushToDone(consul, floor));
    const { requests, lost } = await load.stop();
    const isMet = median(pushes, "beyondFloorSeconds") <= targetBeyondFloorSeconds;
    return { pushes, floorSeconds: floor, targetBeyondFloorSeconds, isMet, requests, lost };
  } catch (error) {
    await load.stop();
    throw error;
  }
}

const median = (pushes: readonly PushFigures[], figure: keyof PushFigures) =>
  percentile(
    pushes.map((push) => push[figure]).sort((a, b) => a - b),
    0.5,
  );

async function pushToDone(consul: Consul, floor: number): Promise<PushFigures> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-bench-push-"));
  try {
    makeRelease(folder);
    const from = Date.now();
    await shoestring("release", "push", folder, "--service", "web", "--wait", "serving");
    const to = Date.now();
    return figures(from, to, await timesOf(consul), floor);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function timesOf(consul: Consul): Promise<Times> {
  const { revision, at } = await readDeploy(consul);
  const { found } = await consul.list(keys.rolloutInstances("web", revision));
  const instances = found
    .map(({ key, value }) => parseDocument(InstanceRollout, key, value))
    .map(({ seenAt, startedAt = seenAt, endedAt = startedAt }) => ({
      startedAt: Date.parse(startedAt),
      endedAt: Date.parse(endedAt),
    }));
  return { announcedAt: Date.parse(at), instances };
}

/** A line for each push, and lines for the floor and the target. */
export function pushLines({ pushes, floorSeconds: floor, ...bench }: PushBench): string[] {
  const of = (seconds: number) => `${seconds.toFixed(2)} s`;
  return [
    ...pushes.map(
      (it) =>
        `  done after ${of(it.seconds)}: announced ${of(it.announcedSeconds)}, begun ${of(it.begunSeconds)}, rolling ${of(it.rollingSeconds)}, done ${of(it.doneSeconds)}; beyond the floor ${of(it.beyondFloorSeconds)}, outside the rolls ${of(it.outsideSeconds)}`,
    ),
    `  the floor is ${of(floor)}; the median push takes ${of(median(pushes, "beyondFloorSeconds"))} more, ${of(bench.targetBeyondFloorSeconds)} are the most that is wanted: ${bench.isMet ? "met" : "not met"}`,
    `  outside the rolls it takes ${of(median(pushes, "outsideSeconds"))}; ${bench.lost} of ${bench.requests} requests lost`,
  ];
}
