import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { nodeHttp } from "../../lib/http.ts";
import { defaultServers } from "../../modules/consul/names.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { formatDocument, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { RegionFile } from "../../protocol/region-file.ts";
import { healthPath } from "../../protocol/service-file.ts";
import { anyConsulAddress, assignAddresses, consulAddresses, gateway } from "../host/addresses.ts";
import { readIfThere, writeFileAtomic } from "../host/files.ts";
import { alone } from "../host/lock.ts";
import { bridgeExists, chooseSubnet, ensureBridge, freePort } from "../host/network.ts";
import { checkout, type Region } from "../host/region.ts";
import { waitFor } from "../host/wait.ts";
import {
  type Ensured,
  ensureInstance,
  isOutdated,
  removeInstance,
  stopInstance,
  waitBooted,
} from "../instance/instance.ts";
import { type InstanceSpec, readRecord } from "../instance/record.ts";
import type { ConsulServers, TargetGroup } from "../load-balancer/config.ts";
import { ensureLoadBalancer, targetStates } from "../load-balancer/load-balancer.ts";
import { remembered } from "../terraform/remembered.ts";
import { startAnnounce } from "./announce.ts";
import { awsEndpoint, awsEnvironment, ensureAwsResources, motoReady, startMoto } from "./aws.ts";
import { type Blueprint, type InstanceGroup, readBlueprint } from "./blueprint.ts";
import {
  aliveMembers,
  consulReady,
  consulUrl,
  ensureGrants,
  keyExists,
  putKeys,
  startConsul,
} from "./consul.ts";
import { removeEverything } from "./down.ts";
import { namesOf, type RegionState, readState, writeState } from "./state.ts";
import { needRoot, type Supplies, supplies } from "./supplies.ts";

export interface UpOptions {
  readonly cluster: Cluster;
  /** Gets every line of progress. @default none */
  readonly log?: (line: string) => void;
  /** Whether missing packages are installed; else they are an error that names them. @default true */
  readonly install?: boolean;
  /** Where the image and the programs come from. @default built or downloaded, then cached */
  readonly supplies?: Supplies;
}

/** One instance that the cluster asks for. */
interface DesiredInstance {
  readonly name: string;
  readonly group: InstanceGroup;
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

  return await alone(region, async () => {
    const from = options.supplies ?? supplies(region, log);
    await from.prerequisites(install);
    const present = await presentState(region, cluster, log);
    // Builds below the region's directory, so nothing may be removed there from here on.
    const layers = from.layers();
    layers.catch(() => {}); // awaited below, after what does not need it
    const blueprint = await applied(region, cluster, log);
    const desired = wishedInstances(blueprint);
    const state = await ensureState(region, cluster, blueprint, present);
    await ensureBridge(region, state.subnet, blueprint.consulServers);

    const registered = await registeredNow(region, desired);
    const balance = (instances: readonly DesiredInstance[]) =>
      ensureLoadBalancer(
        region,
        state.loadBalancerPort,
        targetGroups(state, instances),
        consulBehindOne(state),
      );
    const [{ queueUrl }] = await Promise.all([
      playedAws(region, state, from, log),
      consulServers(region, state, from, log),
      balance(registered),
    ]);
    await removeUnspecified(region, desired, log); // deregistered by now
    log(`Consul, AWS and the load balancer answer at ${gateway(state.subnet)}`);
    const [done] = await Promise.all([
      instances(region, state, desired, await layers, log),
      startAnnounce(region, state, queueUrl),
    ]);
    if (registered.length < desired.length) {
      await waitHealthy(state, desired, log);
      await balance(desired);
    }
    await waitServing(region, state, done, log);
    return writeRegionFile(region, state, desired);
  });
}

/** A region takes a free /24 of this network, whatever the cluster's own network is. */
const privateAddresses = "10.0.0.0/8";

/** Synthesises the cluster, applies it with simulated providers, and reads what was applied. */
async function applied(
  region: Region,
  cluster: Cluster,
  log: (line: string) => void,
): Promise<Blueprint> {
  const folder = region.path("terraform");
  // A state that somebody applied by hand since then counts too.
  const stateOf = (stack: string) => readIfThere(join(folder, "state", `${stack}.tfstate`)) ?? "";
  const inputs = () => [
    JSON.stringify(cluster),
    stateOf(cluster.name),
    stateOf(`${cluster.name}-config`),
    readIfThere(join(checkout, "local", "region", "blueprint.ts")) ?? "",
  ];
  return remembered(join(folder, "blueprint.json"), inputs, async () => {
    // Loaded late: cdktf takes a second, and a region that is up to date does not need it.
    const { synthesiseCluster } = await import("../terraform/synthesise.ts");
    const { applyCluster } = await import("../terraform/apply-cluster.ts");
    await synthesiseCluster(folder, cluster);
    return readBlueprint(await applyCluster(folder, cluster.name, log));
  });
}

const wishedInstances = ({ groups }: Blueprint): DesiredInstance[] =>
  groups.flatMap((group) =>
    Array.from({ length: group.count }, (_, i) => ({ name: `${group.service}-${i + 1}`, group })),
  );

/**
 * The region's stored state, if the region can go on with it. Otherwise the remains of an earlier
 * region are removed: without its state the tokens of its Consul and its instances are unknown.
 */
async function presentState(
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
  if (present || readdirSyncSafe(region.path("instances")).length > 0) {
    log("what is left of another region in this directory is removed");
  }
  await removeEverything(region);
  return undefined;
}

/** The region's stored state, completed with what the cluster file newly asks for. */
async function ensureState(
  region: Region,
  cluster: Cluster,
  blueprint: Blueprint,
  present: RegionState | undefined,
): Promise<RegionState> {
  const names = wishedInstances(blueprint).map(({ name }) => name);
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

const newTokens = ({ policies }: Blueprint): RegionState["tokens"] => ({
  management: randomUUID(),
  ...Object.fromEntries(policies.map(({ name }) => [name, randomUUID()])),
});

/** Names the grant of a service's instances. */
export const agentGrant = (service: string) => `agent-${service}`;

async function playedAws(
  region: Region,
  state: RegionState,
  from: Supplies,
  log: (line: string) => void,
): Promise<{ queueUrl: string }> {
  await startMoto(region, state, await from.moto());
  await motoReady(region, state, log);
  return await ensureAwsResources(state, parameters(state));
}

/** The Consul tokens that instances and functions read with their own roles, by parameter. */
export function parameters(state: RegionState): Record<string, string> {
  const { announceTokenParameter, groups } = state.blueprint;
  return Object.fromEntries([
    [announceTokenParameter, token(state, "announce")],
    ...groups.map(({ service, tokenParameter }) => [
      tokenParameter,
      token(state, agentGrant(service)),
    ]),
  ]);
}

async function consulServers(
  region: Region,
  state: RegionState,
  from: Supplies,
  log: (line: string) => void,
): Promise<void> {
  await startConsul(region, state, await from.consul());
  await consulReady(region, state, log);
  const { policies } = state.blueprint;
  const grants = policies.map(({ name, rules }) => ({ name, rules, token: token(state, name) }));
  await ensureGrants(state, grants);
  await putKeys(state, state.blueprint.keys);
}

const token = (state: RegionState, name: string) => state.tokens[name] as string;

async function removeUnspecified(
  region: Region,
  desired: readonly DesiredInstance[],
  log: (line: string) => void,
): Promise<void> {
  const names = new Set(desired.map(({ name }) => name));
  for (const name of readdirSyncSafe(region.path("instances"))) {
    if (names.has(name)) continue;
    log(`${name}: removed, the cluster does not ask for it`);
    await stopInstance(region, name); // an orderly stop: it leaves the load balancer first
    await removeInstance(region, name);
  }
}

/**
 * Starts all instances at once and waits until each has booted and is a member of Consul. Outdated
 * instances that run are replaced one by one, as by an instance refresh.
 */
async function instances(
  region: Region,
  state: RegionState,
  desired: readonly DesiredInstance[],
  layers: readonly string[],
  log: (line: string) => void,
): Promise<Map<string, Ensured>> {
  const ensure = async (instance: DesiredInstance) => {
    const ensured = await ensureInstance(region, spec(state, instance, layers), log);
    if (ensured !== "runs") {
      log(`${instance.name}: boots ${ensured === "made" ? "for the first time" : "with its disk"}`);
    }
    await waitBooted(region, instance.name, log);
    if (ensured !== "runs") log(`${instance.name}: booted`);
    return [instance.name, ensured] as const;
  };
  const isRefreshed = (instance: DesiredInstance) =>
    isOutdated(region, spec(state, instance, layers));
  const refreshed = desired.filter(isRefreshed);
  const done = await Promise.all(desired.filter((it) => !refreshed.includes(it)).map(ensure));
  for (const instance of refreshed) {
    const again = await ensure(instance);
    done.push(again);
    // Only this one: an instance that is new is not registered before all have booted.
    await waitServing(region, state, new Map([again]), log);
  }
  await waitFor(
    async () => {
      const alive = new Set(await aliveMembers(state));
      const away = desired.filter(({ name }) => !alive.has(name)).map(({ name }) => name);
      if (away.length > 0) throw new Error(`${away.join(" and ")} did not join`);
      return true;
    },
    {
      what: "the instances' Consul clients",
      seconds: 60,
      next: `see why with: shoestring local exec ${desired[0]?.name ?? "<instance>"} -- journalctl -u consul`,
      log,
    },
  );
  return new Map(done);
}

function spec(
  state: RegionState,
  { name, group }: DesiredInstance,
  layers: readonly string[],
): InstanceSpec {
  return {
    name,
    service: group.service,
    address: `${state.addresses[name]}/24`,
    layers,
    userData: group.userData,
    hosts: namesOf(state),
    awsEnvironment: awsEnvironment(state),
  };
}

function targetGroups(state: RegionState, desired: readonly DesiredInstance[]): TargetGroup[] {
  return state.blueprint.rules.map((rule) => ({
    service: rule.service,
    hosts: rule.hosts,
    targets: desired
      .filter(({ group }) => group.service === rule.group)
      .map(({ name }) => ({ instance: name, address: state.addresses[name] as string })),
  }));
}

const consulBehindOne = ({ subnet, blueprint }: RegionState): ConsulServers => ({
  address: anyConsulAddress(subnet),
  servers: consulAddresses(subnet, blueprint.consulServers),
});

/**
 * Instances that the load balancer has from the start. Where some serve already, new ones are
 * registered when they answer: HAProxy would send requests to a new target until it fails its
 * checks, and an ALB only when it passes them.
 */
async function registeredNow(
  region: Region,
  desired: readonly DesiredInstance[],
): Promise<DesiredInstance[]> {
  const states = await targetStates(region);
  const known = desired.filter(({ name }) => states.has(name));
  return known.some(({ name }) => states.get(name) === "UP") ? known : [...desired];
}

/** Waits until instances of deployed services answer their health checks, or a minute. */
async function waitHealthy(
  state: RegionState,
  desired: readonly DesiredInstance[],
  log: (line: string) => void,
): Promise<void> {
  const http = nodeHttp({ keepAlive: false });
  for (const { service, group } of state.blueprint.rules) {
    if (!(await keyExists(state, keys.good(service)))) continue;
    for (const { name } of desired.filter((it) => it.group.service === group)) {
      const url = `http://${state.addresses[name]}${healthPath(service)}`;
      const isHealthy = async () =>
        (await http({ method: "GET", url, timeoutMs: 2000 })).status === 200 ? true : undefined;
      const what = `${name} to answer its health check`;
      await waitFor(isHealthy, { what, seconds: 60, next: "", log }).catch(() => undefined);
    }
  }
}

/**
 * Waits until the load balancer finds the instances of deployed services healthy. One that stays
 * unhealthy is logged and throws nothing: the region is up, its service is not.
 */
async function waitServing(
  region: Region,
  state: RegionState,
  done: ReadonlyMap<string, Ensured>,
  log: (line: string) => void,
): Promise<void> {
  for (const { service, group } of state.blueprint.rules) {
    if (!(await keyExists(state, keys.good(service)))) {
      log(`${service}: nothing was deployed yet`);
      continue;
    }
    const names = [...done.keys()].filter((name) => readRecord(region, name)?.service === group);
    await waitFor(
      async () => {
        const found = await targetStates(region);
        return names.every((name) => found.get(name) === "UP") ? true : undefined;
      },
      { what: `${service} to be healthy`, seconds: 60, next: "", log },
    ).catch(() => log(`${service}: not all of its instances serve; see: shoestring local status`));
  }
}

function writeRegionFile(
  region: Region,
  state: RegionState,
  desired: readonly DesiredInstance[],
): RegionFile {
  const file: RegionFile = {
    schema: schemaVersion,
    cluster: state.cluster,
    url: `http://${region.names.loopback}:${state.loadBalancerPort}`,
    consulUrl: consulUrl(state),
    operatorToken: token(state, "operator"),
    awsEndpoint: awsEndpoint(state),
    artifactsBucket: state.blueprint.artifactsBucket,
    instances: desired.map(({ name, group }) => ({
      name,
      service: group.service,
      address: state.addresses[name] as string,
    })),
  };
  const path = region.path("region.json");
  writeFileAtomic(path, formatDocument(RegionFile, path, file), 0o600);
  return file;
}

function readdirSyncSafe(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
