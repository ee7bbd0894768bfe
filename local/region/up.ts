import type { Cluster } from "../../modules/spec/cluster.ts";
import type { RegionFile } from "../../protocol/region-file.ts";
import { gateway } from "../host/addresses.ts";
import { withRegionLock } from "../host/lock.ts";
import { ensureBridge } from "../host/network.ts";
import type { Region } from "../host/region.ts";
import { startAnnounce } from "./announce.ts";
import { applyBlueprint } from "./apply-blueprint.ts";
import { ensureAws, ensureConsulServers } from "./backing-services.ts";
import { desiredInstances } from "./desired.ts";
import { ensureState, presentState } from "./ensure-state.ts";
import { ensureInstances, removeOthers } from "./instances.ts";
import { writeRegionFile } from "./region-file.ts";
import { needRoot, type Supplies, supplies } from "./supplies.ts";
import { chooseInitialTargets, registerTargets, waitHealthy, waitServing } from "./targets.ts";

export interface UpOptions {
  readonly cluster: Cluster;
  /** Gets every line of progress. @default none */
  readonly log?: (line: string) => void;
  /** Whether missing packages are installed; else they are an error that names them. @default true */
  readonly install?: boolean;
  /** Where the image and the programs come from. @default built or downloaded, then cached */
  readonly supplies?: Supplies;
}

/**
 * Brings the region to what the cluster file says, from any state: nothing, a running region, or
 * the remains of a kill -9 of everything. Parts that are right already are left alone.
 *
 * @throws Problem; then what runs goes on, and `up` may be run again.
 */
export async function up(region: Region, options: UpOptions): Promise<RegionFile> {
  const { cluster, log = () => {}, install = true } = options;
  needRoot();

  return await withRegionLock(region, async () => {
    const from = options.supplies ?? supplies(region, log);
    await from.prerequisites(install);
    const present = await presentState(region, cluster, log);
    // Builds below the region's directory, so nothing may be removed there from here on.
    const layers = from.layers();
    layers.catch(() => {}); // awaited below, after what does not need it
    const blueprint = await applyBlueprint(region, cluster, log);
    const state = await ensureState(region, cluster, blueprint, present);
    await ensureBridge(region, state.subnet, blueprint.consulServers);

    const context = { region, state, log };
    const desired = desiredInstances(blueprint);
    const registered = await chooseInitialTargets(region, desired);
    const [{ queueUrl }] = await Promise.all([
      ensureAws(context, from),
      ensureConsulServers(context, from),
      registerTargets(context, registered),
    ]);
    await removeOthers(context, desired); // deregistered by now
    log(`Consul, AWS and the load balancer answer at ${gateway(state.subnet)}`);
    const [instances] = await Promise.all([
      ensureInstances(context, desired, await layers),
      startAnnounce(region, state, queueUrl),
    ]);
    if (registered.length < desired.length) {
      await waitHealthy(context, desired);
      await registerTargets(context, desired);
    }
    await waitServing(context, instances);
    return writeRegionFile(region, state, desired);
  });
}
