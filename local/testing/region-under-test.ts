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
  autoRollback: false, // tests look at the state that a bad release leaves, before a rollback
};

/** A build's default boot time: shorter than in the demo, because tests roll many. */
const bootMs = 100;

/** The load of the tests, in requests a second. */
export const requestsPerSecond = 150;

/** The tests' region, in a directory of its own: a person may have another region up. */
export const testRegion = () => regionAt(join(checkout, ".local-test"));

/** The state of a rollout: its document's fields, and its instances by name. */
export interface RolloutNow {
  readonly phase: Rollout["phase"];
  readonly instances: Readonly<Record<string, InstanceRollout>>;
}

/** A running region, and what a test does with it. */
export interface RegionUnderTest {
  readonly region: Region;
  readonly consul: Consul;
  readonly url: string;
  readonly host: string;
  /** Applies other values of the service to the region, and returns the instances' names. */
  apply(differs: Partial<ServiceSpec>): Promise<readonly string[]>;
  /** Runs a command of the CLI in this process. */
  shoestring(...argv: string[]): Promise<{ code: number; out: string; err: string }>;
  /** Uploads a new build and waits until it is announced. @param service @default web */
  push(behaviour?: WebBehaviour, service?: string): Promise<Deploy>;
  /** The desired deploy. @param service @default web */
  deploy(service?: string): Promise<Deploy>;
  /** The state of a rollout; undefined before it began. */
  rollout(deploy: Deploy): Promise<RolloutNow | undefined>;
  /** Waits until a rollout ended. */
  ended(deploy: Deploy, seconds?: number): Promise<RolloutNow>;
  /** Pushes a good build and waits until it is done everywhere. @param service @default web */
  pushed(behaviour?: WebBehaviour, service?: string): Promise<Deploy>;
  /** The releases that answer now; asks often enough to reach every process. */
  answering(): Promise<string[]>;
  /** Waits until only this release answers. */
  answersOnly(releaseId: string): Promise<void>;
  /** Waits until the load balancer finds these instances healthy. @param seconds @default 30 */
  healthy(instances: readonly string[], seconds?: number): Promise<void>;
  /** Runs a command on an instance; fails where the command does. */
  on(instance: string, ...command: string[]): Promise<string>;
  /**
   * Runs a piece of work under load, and returns what the load saw.
   *
   * @throws Error where the load stalled: then it proves nothing that no request was lost.
   */
  underLoad(work: () => Promise<void>): Promise<Window>;
}

/**
 * Brings the tests' region up with a service `web` that differs in these values.
 *
 * @param ofCluster other differences in the cluster's file; its services are added to web.
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
      // A second without any answer is a loss for users, though every request is answered at last.
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
