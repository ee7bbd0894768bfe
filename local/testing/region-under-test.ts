import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../cli/connect.ts";
import { main } from "../../cli/main.ts";
import { local } from "../../clusters/local.ts";
import type { Consul } from "../../lib/consul.ts";
import type { Cluster, ServiceSpec } from "../../modules/spec/cluster.ts";
import { Deploy, InstanceRollout, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { checkout } from "../host/region.ts";
import { type LoadOptions, startLoad } from "../load/load.ts";
import type { Window } from "../load/records.ts";
import {
  down,
  execOn,
  type Region,
  readRegionFile,
  regionAt,
  targetStates,
  up,
} from "../region/index.ts";
import { makeRelease, type WebBehaviour } from "../web/release.ts";
import { upForTheFirstTime } from "./first-apply.ts";
import { until } from "./until.ts";

/** Quick values of a service; a test states what differs. */
export const quick: Partial<ServiceSpec> = {
  minHealthyTimeSeconds: 0.2,
  startTimeoutSeconds: 6,
  drainTimeoutSeconds: 12,
  stopTimeoutSeconds: 2,
  autoRollback: false, // tests look at the state that a bad release leaves, before a rollback
};

/** A build's default boot time: shorter than in the demo, because tests roll many. */
const bootMs = 100;

/** The load of the tests, in requests a second. */
export const requestsPerSecond = 150;

/** The tests' region, in a directory of its own: a person may have another region up. */
export const testRegion = () => regionAt(join(checkout, ".local-test"));

/**
 * Takes the tests' region down, after a file's last test. With `SHOESTRING_KEEP_REGION=1` it stays
 * up, and the next run of the file finds it (`make test ONLY=…`).
 */
export async function endTestRegion(): Promise<void> {
  if (process.env.SHOESTRING_KEEP_REGION !== "1") await down(testRegion());
}

/** The state of a rollout: its document's fields, and its instances by name. */
export interface RolloutNow {
  readonly phase: Rollout["phase"];
  readonly instances: Readonly<Record<string, InstanceRollout>>;
}

/**
 * Brings the tests' region up with a service `web` that differs in these values. A file's first
 * region finds what a first start finds.
 *
 * @param ofCluster other differences in the cluster's file; its services are added to web.
 */
export async function regionUnderTest(
  differs: Partial<ServiceSpec> = {},
  ofCluster: Partial<Cluster> = {},
): Promise<RegionUnderTest> {
  const region = testRegion();
  process.env.SHOESTRING_REGION = region.directory;
  const clusterWith = (more: Partial<ServiceSpec>): Cluster => {
    const written = { ...local.services.web, ...quick, ...differs, ...more } as ServiceSpec;
    const { ping, ...withoutPing } = written;
    // Where there are kinds, the one that answers requests has it.
    const web = typeof written.processes === "object" ? withoutPing : written;
    return { ...local, ...ofCluster, services: { ...ofCluster.services, web } };
  };
  const apply = async (more: Partial<ServiceSpec>) => {
    const { instances } = await up(region, { cluster: clusterWith(more), install: false });
    return instances.map(({ name }) => name);
  };
  await upForTheFirstTime(region, clusterWith({}), () => apply({}));
  return new RegionUnderTest(region, apply, differs.hosts?.[0] ?? local.services.web.hosts[0]);
}

/** A running region, and what a test does with it. */
export class RegionUnderTest {
  readonly region: Region;
  readonly consul: Consul = connect(local.name).consul;
  readonly url: string;
  readonly host: string;
  /** Applies other values of the service to the region, and returns the instances' names. */
  readonly apply: (differs: Partial<ServiceSpec>) => Promise<readonly string[]>;

  constructor(region: Region, apply: RegionUnderTest["apply"], host: string) {
    this.region = region;
    this.url = readRegionFile(region).url;
    this.host = host;
    this.apply = apply;
  }

  /** Runs a command of the CLI in this process. */
  async shoestring(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const context = (name: string) => ({
      ...connect(name),
      by: "tester",
      out: (line: string) => void out.push(line),
      say: (line: string) => void err.push(line),
    });
    const code = await main(argv, context, (line) => void err.push(line));
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  /** Uploads a new build and waits until it is announced. */
  async push(behaviour?: WebBehaviour, service = "web"): Promise<Deploy> {
    const folder = mkdtempSync(join(tmpdir(), "shoestring-release-"));
    try {
      makeRelease(folder, { bootMs, ...behaviour });
      const args = ["push", folder, "--service", service, "--json"];
      const { code, out, err } = await this.shoestring("release", ...args);
      if (code !== 0) throw new Error(err);
      const { sequence } = JSON.parse(out) as { sequence: number };
      return await until(`deploy of build ${sequence}`, async () => {
        const found = await this.deploy(service);
        return found.newestSequence >= sequence ? found : undefined;
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Pushes a good build and waits until it is done everywhere. */
  async pushed(behaviour?: WebBehaviour, service?: string): Promise<Deploy> {
    const desired = await this.push(behaviour, service);
    const end = await this.ended(desired);
    if (end.phase !== "done") throw new Error(`not done: ${JSON.stringify(end)}`);
    return desired;
  }

  /** The desired deploy. */
  async deploy(service = "web"): Promise<Deploy> {
    const key = keys.deploy(service);
    const { found } = await this.consul.get(key);
    return parseDocument(Deploy, key, found?.value ?? "");
  }

  /** The state of a rollout; undefined before it began. */
  async rollout({ service, revision }: Deploy): Promise<RolloutNow | undefined> {
    const prefix = keys.rollout(service, revision);
    const { found } = await this.consul.list(prefix);
    const document = found.find(({ key }) => key === prefix);
    if (!document) return undefined;
    const reports = found
      .filter(({ key }) => key.startsWith(`${prefix}/instances/`))
      .map(({ key, value }) => parseDocument(InstanceRollout, key, value));
    const { phase } = parseDocument(Rollout, prefix, document.value);
    return { phase, instances: Object.fromEntries(reports.map((r) => [r.instance, r])) };
  }

  /** Waits until a rollout ended. */
  async ended(desired: Deploy, seconds = 60): Promise<RolloutNow> {
    const end = async () => {
      const now = await this.rollout(desired);
      return now && ["done", "failed", "halted"].includes(now.phase) ? now : undefined;
    };
    return until(`end of revision ${desired.revision}`, end, seconds);
  }

  /** The releases that answer now; asks often enough to reach every process. */
  async answering(): Promise<string[]> {
    const { url, host } = this;
    const seen = await shortLoad({ url, host, requestsPerSecond: 200, maxRequests: 60 });
    return Object.keys(seen.releases).sort();
  }

  /** Waits until only this release answers. */
  async answersOnly(releaseId: string): Promise<void> {
    await until(`only ${releaseId} everywhere`, async () => {
      const releases = await this.answering();
      return releases.length === 1 && releases[0] === releaseId;
    });
  }

  /** Waits until the load balancer finds these instances healthy. @param seconds @default 30 */
  async healthy(instances: readonly string[], seconds?: number): Promise<void> {
    const areHealthy = async () => {
      const states = await targetStates(this.region);
      return instances.every((name) => states.get(name) === "UP");
    };
    await until(`health of ${instances.join(", ")}`, areHealthy, seconds);
  }

  /** Runs a command on an instance; fails where the command does. */
  async on(instance: string, ...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await execOn(this.region, instance, command);
    if (code !== 0) throw new Error(`${command.join(" ")} on ${instance}: ${stderr}`);
    return stdout;
  }

  /**
   * Runs a piece of work under load, and returns what the load saw.
   *
   * @throws Error where the load stalled: then it proves nothing that no request was lost.
   */
  async underLoad(work: () => Promise<void>): Promise<Window> {
    const { url, host } = this;
    const load = await startLoad({ url, host, requestsPerSecond, maxSeconds: 110 });
    try {
      await work();
    } catch (error) {
      await load.stop();
      throw error;
    }
    const seen = await load.stop();
    // A second without any answer is a loss for users, though every request is answered at last.
    if (seen.requests === 0 || seen.late > requestsPerSecond) {
      throw new Error(`the load stalled: ${seen.requests} requests sent, ${seen.late} not in time`);
    }
    return seen;
  }
}

async function shortLoad(options: LoadOptions): Promise<Window> {
  const load = await startLoad({ ...options, clients: 12 });
  await until("answers", async () => {
    const { answered } = await load.snapshot();
    return answered >= (options.maxRequests ?? 0);
  });
  return load.stop();
}
