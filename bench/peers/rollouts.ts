import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../cli/connect.ts";
import { local } from "../../clusters/local.ts";
import { readDeploy } from "../../local/demo/scenario.ts";
import { shoestring } from "../../local/demo/shoestring.ts";
import { checkout } from "../../local/host/region.ts";
import { measureFloor } from "../../local/load/floor.ts";
import { startLoad } from "../../local/load/load.ts";
import { down, execOn, regionAt, up } from "../../local/region/index.ts";
import { makeRelease } from "../../local/web/release.ts";
import { serviceFile } from "../../modules/service/service-file.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { benchInstance } from "./bench-instance.ts";
import { type MeasureContext, measureWay, type WayResult } from "./measure.ts";
import { ensurePm2 } from "./tools.ts";
import { haproxyDrain } from "./ways/haproxy.ts";
import { reloadLoop, restartLoop } from "./ways/loops.ts";
import { pm2Reload } from "./ways/pm2.ts";
import { shoestringWay } from "./ways/shoestring.ts";
import { putPeers } from "./ways/units.ts";

const instance = "web-1";

export interface RolloutsResult {
  /** Σ stop + start of the processes, measured without any of the ways, under the same load. */
  readonly floorSeconds: number;
  readonly ways: readonly WayResult[];
}

/**
 * Measures all ways, one after the other, on one instance of a local region of its own.
 *
 * @param only parts of the ways' names; empty for all.
 */
export async function measureRollouts(
  measuring: MeasureContext,
  only: readonly string[],
  say: (line: string) => void,
): Promise<RolloutsResult> {
  const pm2 = await ensurePm2(say);
  const region = regionAt(join(checkout, ".local-bench"));
  process.env.SHOESTRING_REGION = region.directory;
  const cluster: Cluster = {
    ...local,
    services: { web: { ...local.services.web, instances: { min: 1, max: 1 } } },
  };
  try {
    await down(region); // an interrupted run leaves a region in the middle of its ways
    const file = await up(region, { cluster, log: say });
    const { address } = file.instances.find(({ name }) => name === instance) as { address: string };
    const { consul } = connect(cluster.name);
    const on = benchInstance(region, instance, address);
    await pushRelease();
    putPeers(on, pm2);
    const ways = [
      shoestringWay(on, consul),
      pm2Reload(on, false),
      pm2Reload(on, true),
      restartLoop(on),
      reloadLoop(on),
      haproxyDrain(on),
    ].filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));

    say("  the floor: stops and starts of one process after the other, under the same load");
    const { requestsPerSecond } = measuring;
    const load = await startLoad({
      url: `http://${address}`,
      host: "web.local",
      requestsPerSecond,
    });
    const run = async (name: string, program: string) => {
      const result = await execOn(region, name, ["node", "-"], { input: program });
      if (result.code !== 0) throw new Error(`the floor was not measured: ${result.stderr}`);
      return result.stdout;
    };
    const { stopStartSeconds } = await measureFloor(
      run,
      instance,
      serviceFile(cluster, "web"),
      await readDeploy(consul),
      file.awsEndpoint,
    ).finally(() => load.stop());
    const results: WayResult[] = [];
    for (const way of ways) {
      say(`${way.name}`);
      results.push(await measureWay(way, measuring, say));
    }
    return { floorSeconds: stopStartSeconds.reduce((a, b) => a + b, 0), ways: results };
  } finally {
    await down(region);
  }
}

export async function pushRelease(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-peers-"));
  try {
    makeRelease(folder);
    await shoestring("release", "push", folder, "--service", "web", "--wait");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
