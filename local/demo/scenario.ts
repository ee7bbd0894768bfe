import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Consul } from "../../lib/consul.ts";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import { serviceFile } from "../../modules/service/service-file.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { Deploy, InstanceRollout, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { RegionFile } from "../../protocol/region-file.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { type CapacitySampler, sampleCapacity } from "../load/capacity.ts";
import { type FloorParts, floorSeconds, measureFloor, roundsOf } from "../load/floor.ts";
import { type Load, type LoadOptions, startLoad } from "../load/load.ts";
import { machineFacts } from "../load/machine.ts";
import { execOn, type Region } from "../region/index.ts";
import { makeRelease } from "../web/release.ts";
import type { DemoResult, RolledRelease } from "./result.ts";
import { shoestring } from "./shoestring.ts";

export interface Scenario {
  readonly region: Region;
  readonly cluster: Cluster;
  readonly file: RegionFile;
  /** Gets the name of each step as it begins. */
  readonly act: (what: string) => void;
  /** Gets the load as soon as it runs, to show it. */
  readonly watch: (load: Load, consul: Consul) => void;
  readonly load?: Partial<LoadOptions>;
  /** How many releases follow the first. @default 3 */
  readonly releases?: number;
}

const steadyMs = 5000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Release 1, then under a constant load: a steady window, the floor, more releases and a
 * config-only restart.
 */
export async function runScenario(scenario: Scenario): Promise<DemoResult> {
  const { region, cluster, file, act, releases = 3 } = scenario;
  const service = serviceFile(cluster, "web");
  const instances = file.instances.map(({ name }) => name);
  const http = nodeHttp();
  const consul = new ConsulHttp({ url: file.consulUrl, token: file.operatorToken, http });

  act("release 1 is deployed");
  await pushRelease(1);
  let isOver = false;
  const load = await startLoad({
    url: file.url,
    host: service.hosts[0] as string,
    ...scenario.load,
  });
  const samplers = new Map<string, CapacitySampler>();
  try {
    for (const name of instances) samplers.set(name, await sampleCapacity(region, name, service));
    scenario.watch(load, consul);
    act("release 1 serves, under load");
    await pause(1000); // connections are made
    const steadyFrom = Date.now();
    await pause(steadyMs);
    const steady = await load.window(steadyFrom, Date.now());

    act("the floor is measured: stops and starts without the agent, under the same load");
    const parts = await floors(region, instances, service, await readDeploy(consul), file);

    const rolled: RolledRelease[] = [];
    for (let n = 2; n <= releases + 1; n += 1) {
      act(`release ${n} is deployed`);
      rolled.push(
        await rolledUnderLoad({ load, consul, samplers, service, parts }, () => pushRelease(n)),
      );
    }
    act("a config-only restart");
    await shoestring("config", "set", "web", "GREETING", `hello at ${new Date().toISOString()}`);
    rolled.push(
      await rolledUnderLoad({ load, consul, samplers, service, parts }, () =>
        shoestring("restart", "web", "--wait"),
      ),
    );
    act("the last answers come in");
    isOver = true;
    const all = await load.stop();
    return {
      instances: instances.length,
      processes: service.processes,
      strategy: service.strategy,
      releases: rolled,
      requests: all.requests,
      failed: all.lost,
      late: all.late,
      errors: { ...all.errors },
      p50Ms: all.p50Ms,
      p99Ms: all.p99Ms,
      steadyP99Ms: steady.p99Ms,
      rollP99Ms: Math.max(...rolled.map(({ p99Ms }) => p99Ms)),
      machine: machineFacts(),
    };
  } finally {
    for (const sampler of samplers.values()) sampler.stop();
    if (!isOver) await load.stop();
  }
}

/** Uploads a new release and waits until its rollout has ended. */
async function pushRelease(n: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "shoestring-demo-"));
  try {
    makeRelease(folder);
    const options = ["--service", "web", "--reason", `release ${n}`, "--wait"];
    await shoestring("release", "push", folder, ...options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Measures, under the current load, the time of a roll without the agent on each instance. */
export async function floors(
  region: Region,
  instances: readonly string[],
  service: ServiceFile,
  deploy: Deploy,
  { awsEndpoint }: RegionFile,
): Promise<ReadonlyMap<string, FloorParts>> {
  const run = async (instance: string, program: string) => {
    const { code, stdout, stderr } = await execOn(region, instance, ["node", "-"], {
      input: program,
    });
    if (code !== 0) throw new Error(`the floor of ${instance} was not measured: ${stderr}`);
    return stdout;
  };
  const parts = new Map<string, FloorParts>();
  // One after the other, as a rollout goes.
  for (const name of instances) {
    parts.set(name, {
      ...(await measureFloor(run, name, service, deploy, awsEndpoint)),
      rounds: roundsOf(service),
      minHealthyTimeSeconds: service.minHealthyTimeSeconds,
    });
  }
  return parts;
}

interface Watched {
  readonly load: Load;
  readonly consul: Consul;
  readonly samplers: ReadonlyMap<string, CapacitySampler>;
  readonly service: ServiceFile;
  readonly parts: ReadonlyMap<string, FloorParts>;
}

/** Applies a deploy, and reads its effect from its documents and from the load. */
async function rolledUnderLoad(
  { load, consul, samplers, parts }: Watched,
  applyDeploy: () => Promise<void>,
): Promise<RolledRelease> {
  const begunAt = Date.now();
  await applyDeploy();
  const deploy = await readDeploy(consul);
  const reports = await readReports(consul, deploy);
  const at = Date.parse(deploy.at);
  const times = reports.map((r) => ({
    instance: r.instance,
    from: Date.parse(r.startedAt ?? r.seenAt),
    served: Date.parse(r.servedAt ?? r.seenAt),
    ended: Date.parse(r.endedAt ?? r.seenAt),
  }));
  const first = Math.min(...times.map(({ from }) => from));
  const ended = Math.max(...times.map((t) => t.ended));
  const floorOf = (instance: string) =>
    floorSeconds(adjusted(parts.get(instance) as FloorParts, deploy));
  const seen = await load.window(at, ended);
  return {
    id: deploy.kind === "restart" ? `${deploy.release.id} (restart)` : deploy.release.id,
    deploySeconds: (Math.max(...times.map((t) => t.served)) - at) / 1000,
    doneSeconds: (ended - at) / 1000,
    floorSeconds: times.reduce((sum, { instance }) => sum + floorOf(instance), 0),
    ratios: Object.fromEntries(
      times.map(({ instance, from, served }) => [
        instance,
        // The first instance's time begins with the write; the others waited for a slot.
        (served - (from === first ? at : from)) / 1000 / floorOf(instance),
      ]),
    ),
    p99Ms: seen.p99Ms,
    leastServing: Math.min(...[...samplers.values()].map((sampler) => sampler.least(begunAt))),
  };
}

/** A restart downloads nothing. */
const adjusted = (parts: FloorParts, { kind }: Deploy): FloorParts =>
  kind === "restart" ? { ...parts, downloadSeconds: 0 } : parts;

export async function readDeploy(consul: Consul): Promise<Deploy> {
  const key = keys.deploy("web");
  const { found } = await consul.get(key);
  return parseDocument(Deploy, key, found?.value ?? "");
}

/** The reports of a rollout that is done. */
export async function readReports(consul: Consul, deploy: Deploy): Promise<InstanceRollout[]> {
  const key = keys.rollout(deploy.service, deploy.revision);
  const { found } = await consul.get(key);
  const { phase } = parseDocument(Rollout, key, found?.value ?? "");
  if (phase !== "done") throw new Error(`revision ${deploy.revision} is ${phase}, not done`);
  const list = await consul.list(keys.rolloutInstances(deploy.service, deploy.revision));
  return list.found.map((e) => parseDocument(InstanceRollout, e.key, e.value));
}
