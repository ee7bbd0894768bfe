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
import { type Load, type LoadOptions, startLoad } from "../load/load.ts";
import type { Window } from "../load/records.ts";
import {
  execOn,
  type Region,
  readRegionFile,
  regionAt,
  targetStates,
  up,
} from "../region/index.ts";
import { makeRelease, type WebBehaviour } from "../web/release.ts";
import { until } from "./until.ts";

/** Quick values of a service; a test states what differs. */
export const quick: Partial<ServiceSpec> = {
  minHealthyTimeSeconds: 0.2,
  startTimeoutSeconds: 6,
  drainTimeoutSeconds: 12,
  stopTimeoutSeconds: 2,
  autoRollback: false, // what a bad release leaves behind is looked at, not what follows
};

/** How long a build boots that says nothing else: shorter than in the demo, for many are rolled. */
const bootMs = 100;

/** The load of the tests, in requests a second. */
export const requestsPerSecond = 150;

/** The directory of the tests' region: not the one that a person may have up. */
export const testRegion = () => regionAt(join(checkout, ".local-test"));

/** What a rollout is at, or came to: its document, and its instances by name. */
export interface RolloutNow {
  readonly phase: Rollout["phase"];
  readonly instances: Readonly<Record<string, InstanceRollout>>;
}

/** A running region with everything that a test says of it. */
export interface RegionUnderTest {
  readonly region: Region;
  readonly consul: Consul;
  readonly url: string;
  readonly host: string;
  /** Brings the region to another version of its service; gives the instances' names. */
  apply(differs: Partial<ServiceSpec>): Promise<readonly string[]>;
  /** Runs a command of the CLI in this process. */
  shoestring(...argv: string[]): Promise<{ code: number; out: string; err: string }>;
  /** Uploads a new build and waits until it is announced. @param service web, if not said */
  push(behaviour?: WebBehaviour, service?: string): Promise<Deploy>;
  /** The deploy that stands. @param service web, if not said */
  deploy(service?: string): Promise<Deploy>;
  /** What a rollout is at; undefined before it began. */
  rollout(deploy: Deploy): Promise<RolloutNow | undefined>;
  /** Waits until a rollout ended. */
  ended(deploy: Deploy, seconds?: number): Promise<RolloutNow>;
  /** Pushes a good build and waits until it is done everywhere. @param service web, if not said */
  pushed(behaviour?: WebBehaviour, service?: string): Promise<Deploy>;
  /** Releases that answer now, asking often enough to meet every process. */
  answering(): Promise<string[]>;
  /** Waits until nothing else answers than this release. */
  answersOnly(releaseId: string): Promise<void>;
  /** Waits until the load balancer takes these instances for healthy. @param seconds 30, if not said */
  healthy(instances: readonly string[], seconds?: number): Promise<void>;
  /** Runs a command on an instance; fails where the command does. */
  on(instance: string, ...command: string[]): Promise<string>;
  /**
   * Runs a piece of work under load, and says what the load saw.
   *
   * @throws Error where the load did not go on throughout: that nothing was lost says nothing then.
   */
  underLoad(work: () => Promise<void>): Promise<Window>;
}

/**
 * Brings the tests' region up with one service `web` that differs in these values.
 *
 * @param ofCluster what else differs in the cluster's file; its services stand beside web.
 */
export async function regionUnderTest(
  differs: Partial<ServiceSpec> = {},
  ofCluster: Partial<Cluster> = {},
): Promise<RegionUnderTest> {
  const region = testRegion();
  process.env.SHOESTRING_REGION = region.directory;
  const apply = async (more: Partial<ServiceSpec>) => {
    const web = { ...local.services.web, ...quick, ...differs, ...more } as ServiceSpec;
    const cluster: Cluster = { ...local, ...ofCluster, services: { ...ofCluster.services, web } };
    const { instances } = await up(region, { cluster, install: false });
    return instances.map(({ name }) => name);
  };
  await apply({});
  const { url } = readRegionFile(region);
  const host = differs.hosts?.[0] ?? local.services.web.hosts[0];
  const { consul } = connect(local.name);

  const shoestring: RegionUnderTest["shoestring"] = async (...argv) => {
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
  };
  const deploy = async (service = "web") => {
    const key = keys.deploy(service);
    const { found } = await consul.get(key);
    return parseDocument(Deploy, key, found?.value ?? "");
  };
  const rollout: RegionUnderTest["rollout"] = async (desired) => {
    const prefix = keys.rollout(desired.service, desired.revision);
    const { found } = await consul.list(prefix);
    const document = found.find(({ key }) => key === prefix);
    if (!document) return undefined;
    const reports = found
      .filter(({ key }) => key.startsWith(`${prefix}/instances/`))
      .map(({ key, value }) => parseDocument(InstanceRollout, key, value));
    const { phase } = parseDocument(Rollout, prefix, document.value);
    return { phase, instances: Object.fromEntries(reports.map((r) => [r.instance, r])) };
  };
  const ended: RegionUnderTest["ended"] = (desired, seconds = 60) =>
    until(
      `end of revision ${desired.revision}`,
      async () => {
        const now = await rollout(desired);
        return now && ["done", "failed", "halted"].includes(now.phase) ? now : undefined;
      },
      seconds,
    );
  const push: RegionUnderTest["push"] = async (behaviour, service = "web") => {
    const folder = mkdtempSync(join(tmpdir(), "shoestring-release-"));
    try {
      makeRelease(folder, { bootMs, ...behaviour });
      const args = ["push", folder, "--service", service, "--json"];
      const { code, out, err } = await shoestring("release", ...args);
      if (code !== 0) throw new Error(err);
      const { sequence } = JSON.parse(out) as { sequence: number };
      return await until(`deploy of build ${sequence}`, async () => {
        const found = await deploy(service);
        return found.newestSequence >= sequence ? found : undefined;
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const answering = async () => {
    const seen = await shortLoad({ url, host, requestsPerSecond: 200, maxRequests: 60 });
    return Object.keys(seen.releases).sort();
  };
  const on: RegionUnderTest["on"] = async (instance, ...command) => {
    const { code, stdout, stderr } = await execOn(region, instance, command);
    if (code !== 0) throw new Error(`${command.join(" ")} on ${instance}: ${stderr}`);
    return stdout;
  };
  return {
    region,
    consul,
    url,
    host,
    apply,
    shoestring,
    push,
    deploy,
    rollout,
    ended,
    on,
    async pushed(behaviour, service) {
      const desired = await push(behaviour, service);
      const end = await ended(desired);
      if (end.phase !== "done") throw new Error(`not done: ${JSON.stringify(end)}`);
      return desired;
    },
    answering,
    async answersOnly(releaseId) {
      await until(`only ${releaseId} everywhere`, async () => {
        const releases = await answering();
        return releases.length === 1 && releases[0] === releaseId;
      });
    },
    async healthy(instances, seconds) {
      const areHealthy = async () => {
        const states = await targetStates(region);
        return instances.every((name) => states.get(name) === "UP");
      };
      await until(`health of ${instances.join(", ")}`, areHealthy, seconds);
    },
    async underLoad(work) {
      const load = await startLoad({ url, host, requestsPerSecond, maxSeconds: 110 });
      try {
        await work();
      } catch (error) {
        await load.stop();
        throw error;
      }
      const seen = await load.stop();
      // A second in which nobody is answered is a loss for users, though each is answered at last.
      if (seen.requests === 0 || seen.late > requestsPerSecond) {
        throw new Error(
          `the load stalled: ${seen.requests} requests sent, ${seen.late} not in time`,
        );
      }
      return seen;
    },
  };
}

async function shortLoad(options: LoadOptions): Promise<Window> {
  const load: Load = await startLoad({ ...options, clients: 12 });
  await until("answers", async () => {
    const { answered } = await load.snapshot();
    return answered >= (options.maxRequests ?? 0);
  });
  return load.stop();
}
