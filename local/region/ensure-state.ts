import { defaultServers } from "../../modules/consul/names.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { assignAddresses } from "../host/addresses.ts";
import { namesIn } from "../host/files.ts";
import { bridgeExists, chooseSubnet, freePort } from "../host/network.ts";
import type { Region } from "../host/region.ts";
import type { Blueprint } from "./blueprint.ts";
import { desiredInstances } from "./desired.ts";
import { removeEverything } from "./down.ts";
import { newTokens } from "./grants.ts";
import { type RegionState, readState, writeState } from "./state.ts";

/** A region takes a free /24 of this network, whatever the cluster's own network is. */
const privateAddresses = "10.0.0.0/8";

/**
 * The region's stored state, if the region can go on with it. Otherwise the remains of an earlier
 * region are removed: without its state the tokens of its Consul and its instances are unknown.
 */
export async function presentState(
  region: Region,
  cluster: Cluster,
  log: (line: string) => void,
): Promise<RegionState | undefined> {
  const present = readState(region);
  if (
    present?.cluster === cluster.name &&
    // Removing servers would remove the majority.
    present.blueprint.consulServers <= (cluster.consul?.servers ?? defaultServers) &&
    (await bridgeOrRoom(region, present))
  ) {
    return present;
  }
  if (present || namesIn(region.path("instances")).length > 0) {
    log("what is left of another region in this directory is removed");
  }
  await removeEverything(region);
  return undefined;
}

/** The region's stored state, completed with what the cluster file newly asks for. */
export async function ensureState(
  region: Region,
  cluster: Cluster,
  blueprint: Blueprint,
  present: RegionState | undefined,
): Promise<RegionState> {
  const names = desiredInstances(blueprint).map(({ name }) => name);
  const subnet = present?.subnet ?? (await chooseSubnet(region, privateAddresses));
  const state: RegionState = {
    cluster: cluster.name,
    blueprint,
    subnet,
    loadBalancerPort: present?.loadBalancerPort ?? (await freePort(region.names.loopback, 8080)),
    addresses: assignAddresses(subnet, names, present?.addresses),
    tokens: { ...newTokens(blueprint), ...present?.tokens },
  };
  writeState(region, state);
  return state;
}

/** A region that was up before a restart of the machine may find its network taken. */
async function bridgeOrRoom(region: Region, state: RegionState): Promise<boolean> {
  if (await bridgeExists(region)) return true;
  return await chooseSubnet(region, state.subnet).then(
    () => true,
    () => false,
  );
}
