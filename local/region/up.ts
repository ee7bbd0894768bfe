import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import type { Cluster } from "../../modules/cluster/cluster.ts";
import { agentRules, announceRules, operatorRules } from "../../modules/consul-config/policies.ts";
import { serviceFile } from "../../modules/service/service-file.ts";
import { userData } from "../../modules/service/user-data.ts";
import { formatDocument, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { RegionFile } from "../../protocol/region-file.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import {
  type Ensured,
  ensureInstance,
  type InstanceSpec,
  readRecord,
  removeInstance,
  waitBooted,
} from "../instance/instance.ts";
import type { TargetGroup } from "../load-balancer/config.ts";
import { ensureLoadBalancer, targetStates } from "../load-balancer/load-balancer.ts";
import { assignAddresses, gateway } from "./addresses.ts";
import { startAnnounce } from "./announce.ts";
import {
  awsEndpoint,
  awsNames,
  awsRegion,
  ensureAwsResources,
  motoReady,
  startMoto,
} from "./aws.ts";
import {
  aliveMembers,
  consulReady,
  consulUrl,
  ensureGrants,
  keyExists,
  startConsul,
} from "./consul.ts";
import { removeEverything } from "./down.ts";
import { writeFileAtomic } from "./files.ts";
import { alone } from "./lock.ts";
import { bridgeExists, chooseSubnet, ensureBridge, freePort } from "./network.ts";
import { type Region, type RegionState, readState, writeState } from "./region.ts";
import { needRoot, type Supplies, supplies } from "./supplies.ts";
import { waitFor } from "./wait.ts";

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
interface Wished {
  readonly name: string;
  readonly service: ServiceFile;
}

/**
 * Makes the region what the cluster says, from whatever is there: nothing, a running region, or
 * what a kill -9 of everything left. What is right already is left alone.
 *
 * @throws Problem; then what runs goes on, and `up` may simply be run again.
 */
export async function up(region: Region, options: UpOptions): Promise<RegionFile> {
  const { cluster, log = () => {}, install = true } = options;
  const services = Object.keys(cluster.services).map((name) => serviceFile(cluster, name));
  const wished = wishedInstances(cluster, services);
  needRoot();

  return await alone(region, async () => {
    const from = options.supplies ?? supplies(region, log);
    await from.prerequisites(install);
    const state = await ensureState(region, cluster, wished, log);
    await ensureBridge(region, state.subnet);

    const layers = from.layers();
    layers.catch(() => {}); // awaited below, after what does not need it
    const [{ queueUrl }] = await Promise.all([
      playedAws(region, state, from, log),
      consulServer(region, state, services, from, log),
      removeUnwished(region, wished, log),
      ensureLoadBalancer(region, state.loadBalancerPort, targetGroups(state, wished)),
    ]);
    log(`Consul, AWS and the load balancer answer at ${gateway(state.subnet)}`);
    const [done] = await Promise.all([
      instances(region, state, wished, await layers, log),
      startAnnounce(region, state, queueUrl),
    ]);
    await waitServing(region, state, services, done, log);
    return writeRegionFile(region, state, wished);
  });
}

/** Where a region looks for a free /24: whatever the cluster's network is, it is another one here. */
const privateAddresses = "10.0.0.0/8";

const wishedInstances = (cluster: Cluster, services: readonly ServiceFile[]): Wished[] =>
  services.flatMap((service) =>
    Array.from({ length: fewest(cluster, service.service) }, (_, i) => ({
      name: `${service.service}-${i + 1}`,
      service,
    })),
  );

function fewest(cluster: Cluster, service: string): number {
  const instances = cluster.services[service]?.instances;
  return instances && "min" in instances ? instances.min : 0;
}

/** What the region remembers, completed by what the cluster newly asks for. */
async function ensureState(
  region: Region,
  cluster: Cluster,
  wished: readonly Wished[],
  log: (line: string) => void,
): Promise<RegionState> {
  const names = wished.map(({ name }) => name);
  const present = readState(region);
  const usable = present?.cluster === cluster.name && (await bridgeOrRoom(region, present));
  if (!usable) {
    // Without its state nobody knows the tokens that its Consul and its instances have.
    if (present || readdirSyncSafe(region.path("instances")).length > 0) {
      log("what is left of another region in this directory is removed");
    }
    await removeEverything(region);
  }
  const subnet = usable ? present.subnet : await chooseSubnet(region, privateAddresses);
  const state: RegionState = {
    cluster: cluster.name,
    subnet,
    loadBalancerPort: usable
      ? present.loadBalancerPort
      : await freePort(region.names.loopback, 8080),
    addresses: assignAddresses(subnet, names, usable ? present.addresses : {}),
    tokens: { ...newTokens(cluster), ...(usable ? present.tokens : {}) },
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

const newTokens = (cluster: Cluster): RegionState["tokens"] => ({
  management: randomUUID(),
  operator: randomUUID(),
  announce: randomUUID(),
  ...Object.fromEntries(
    Object.keys(cluster.services).map((service) => [agentGrant(service), randomUUID()]),
  ),
});

/** The name of the policy and the token of a service's instances. */
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
  const names = awsNames(state.cluster);
  const agents = Object.entries(state.tokens).filter(([grant]) => grant.startsWith(agentGrant("")));
  return Object.fromEntries([
    [names.announceToken, token(state, "announce")],
    ...agents.map(([grant, value]) => [
      names.agentToken(grant.slice(agentGrant("").length)),
      value,
    ]),
  ]);
}

async function consulServer(
  region: Region,
  state: RegionState,
  services: readonly ServiceFile[],
  from: Supplies,
  log: (line: string) => void,
): Promise<void> {
  await startConsul(region, state, await from.consul());
  await consulReady(region, state, log);
  await ensureGrants(state, [
    { name: "operator", rules: operatorRules(), token: token(state, "operator") },
    { name: "announce", rules: announceRules(), token: token(state, "announce") },
    ...services.map(({ service }) => ({
      name: agentGrant(service),
      rules: agentRules([service]),
      token: token(state, agentGrant(service)),
    })),
  ]);
}

const token = (state: RegionState, name: string) => state.tokens[name] as string;

async function removeUnwished(
  region: Region,
  wished: readonly Wished[],
  log: (line: string) => void,
): Promise<void> {
  const names = new Set(wished.map(({ name }) => name));
  for (const name of readdirSyncSafe(region.path("instances"))) {
    if (names.has(name)) continue;
    log(`${name}: removed, the cluster does not ask for it`);
    await removeInstance(region, name);
  }
}

/** Starts all instances at once and waits until each has booted and is Consul's member. */
async function instances(
  region: Region,
  state: RegionState,
  wished: readonly Wished[],
  layers: readonly string[],
  log: (line: string) => void,
): Promise<Map<string, Ensured>> {
  const done = await Promise.all(
    wished.map(async (instance) => {
      const ensured = await ensureInstance(region, spec(state, instance, layers), log);
      if (ensured !== "runs") {
        log(
          `${instance.name}: boots ${ensured === "made" ? "for the first time" : "with its disk"}`,
        );
      }
      await waitBooted(region, instance.name, log);
      if (ensured !== "runs") log(`${instance.name}: booted`);
      return [instance.name, ensured] as const;
    }),
  );
  await waitFor(
    async () => {
      const alive = new Set(await aliveMembers(state));
      const away = wished.filter(({ name }) => !alive.has(name)).map(({ name }) => name);
      if (away.length > 0) throw new Error(`${away.join(" and ")} did not join`);
      return true;
    },
    {
      what: "the instances' Consul clients",
      seconds: 60,
      next: `see why with: shoestring local exec ${wished[0]?.name ?? "<instance>"} -- journalctl -u consul`,
      log,
    },
  );
  return new Map(done);
}

function spec(
  state: RegionState,
  { name, service }: Wished,
  layers: readonly string[],
): InstanceSpec {
  return {
    name,
    service: service.service,
    address: `${state.addresses[name]}/24`,
    layers,
    userData: userData({
      cluster: state.cluster,
      instance: name,
      services: [service],
      consul: {
        datacenter: state.cluster,
        retryJoin: [gateway(state.subnet)],
        tokenParameter: awsNames(state.cluster).agentToken(service.service),
      },
      aws: { region: awsRegion, endpoint: awsEndpoint(state) },
      // The load balancer needs two failed checks, half a second apart, to look elsewhere.
      deregisterSeconds: 2,
    }),
  };
}

function targetGroups(state: RegionState, wished: readonly Wished[]): TargetGroup[] {
  const services = new Map(wished.map(({ service }) => [service.service, service]));
  return [...services.values()].map(({ service, hosts }) => ({
    service,
    hosts,
    targets: wished
      .filter((instance) => instance.service.service === service)
      .map(({ name }) => ({ instance: name, address: state.addresses[name] as string })),
  }));
}

/**
 * Waits until the load balancer finds the instances of deployed services healthy. One that does
 * not get there is told, not thrown: the region is up, its service is not.
 */
async function waitServing(
  region: Region,
  state: RegionState,
  services: readonly ServiceFile[],
  done: ReadonlyMap<string, Ensured>,
  log: (line: string) => void,
): Promise<void> {
  for (const { service } of services) {
    if (!(await keyExists(state, keys.good(service)))) {
      log(`${service}: nothing was deployed yet`);
      continue;
    }
    const names = [...done.keys()].filter((name) => readRecord(region, name)?.service === service);
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
  wished: readonly Wished[],
): RegionFile {
  const file: RegionFile = {
    schema: schemaVersion,
    cluster: state.cluster,
    url: `http://${region.names.loopback}:${state.loadBalancerPort}`,
    consulUrl: consulUrl(state),
    operatorToken: token(state, "operator"),
    awsEndpoint: awsEndpoint(state),
    artifactsBucket: awsNames(state.cluster).artifactsBucket,
    instances: wished.map(({ name, service }) => ({
      name,
      service: service.service,
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
