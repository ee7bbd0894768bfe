import { existsSync, mkdirSync } from "node:fs";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { s3Artifacts } from "../../cli/releases/artifacts.ts";
import { local } from "../../clusters/local.ts";
import { handler } from "../../functions/announce/handler.ts";
import { readDeploy } from "../../protocol/deploys.ts";
import { artifactKey } from "../../protocol/releases.ts";
import { controlGroup, processesIn } from "../host/control-groups.ts";
import { mustRun } from "../host/run.ts";
import { runQueue } from "../lambda-emulator/runner.ts";
import { awsRegion } from "../region/aws.ts";
import { down, type Region, up } from "../region/index.ts";
import { supplies } from "../region/supplies.ts";
import { watchEnd } from "./leftovers.ts";
import {
  type PipelineUnderTest,
  pipelineRegion,
  pipelineUnderTest,
} from "./pipeline-under-test.ts";
import { regionUnderTest, testRegion } from "./region-under-test.ts";
import { until } from "./until.ts";

/** Another region of this machine, up beside the tests' own until a test takes it down. */
let beside: PipelineUnderTest;
const stop = new AbortController();
let announcing: Promise<void>;
beforeAll(async () => {
  beside = await pipelineUnderTest();
  for (const [name, value] of Object.entries(beside.environment)) vi.stubEnv(name, value);
  vi.spyOn(console, "log").mockImplementation(() => {});
  const { queueUrl } = beside;
  const sqs = new SQSClient({});
  announcing = runQueue({ sqs, queueUrl, handler, log: () => {}, signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await announcing;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await down(pipelineRegion());
  await down(testRegion());
});

test("the first up keeps its builds until the image, which takes minutes, needs them", async () => {
  const region = testRegion();
  await down(region);
  const real = supplies(region, () => {});
  const built = region.path("build", "agent");
  let kept: boolean | undefined;
  const slow = async () => {
    mkdirSync(built, { recursive: true });
    await until("Consul", () => existsSync(region.path("run", "consul-1.json")));
    kept = existsSync(built);
    return await real.layers();
  };
  await up(region, { cluster: local, install: false, supplies: { ...real, layers: slow } });
  expect(kept).toBe(true);
});

test("down removes everything of a live region, and leaves another region as it was", async () => {
  await pushedBeside(1);
  const left = await watchEnd(testRegion());
  expect((await left()).length).toBeGreaterThan(20); // the list finds what is there before

  await down(testRegion());

  expect(await left()).toEqual([]);
  await pushedBeside(2);
});

test("up after a kill -9 of everything brings the region back with the release that it served", async () => {
  const on = await regionUnderTest({ processes: 2 });
  const { release } = await on.pushed();
  await killed(on.region);
  await lingers(on.region, "web-1");

  const again = await regionUnderTest({ processes: 2 });

  await until("answers", async () => (await again.answering()).includes(release.id));
  expect(await again.answering()).toEqual([release.id]);
  // It can be deployed to again: the simulated S3 forgot its objects, not how to take new ones.
  const next = await again.pushed();
  expect(await again.answering()).toEqual([next.release.id]);
});

test("two regions deploy services of one name at the same time, and down of one leaves the other serving", async () => {
  const on = await regionUnderTest({ processes: 2 });
  const [ours] = await Promise.all([on.pushed(), pushedBeside(3)]);
  const left = await watchEnd(pipelineRegion());

  const seen = await on.underLoad(() => down(pipelineRegion()));
  expect(seen.errors).toEqual({});
  expect(Object.keys(seen.releases)).toEqual([ours.release.id]);
  expect(await left()).toEqual([]);
});

test("down after a kill -9 of everything removes everything", async () => {
  const left = await watchEnd(testRegion());
  await killed(testRegion());
  await lingers(testRegion(), "web-2");
  // The bridge and mounts outlive every process.
  expect((await left()).length).toBeGreaterThan(5);

  await down(testRegion());

  expect(await left()).toEqual([]);
});

/** Kills every process of a region at once. */
async function killed(region: Region): Promise<void> {
  const group = controlGroup(region);
  const all = processesIn(group);
  expect(all.length).toBeGreaterThan(20); // two machines, Consul, moto, announce, HAProxy
  for (const pid of all) process.kill(pid, "SIGKILL");
  await until("everything gone", async () => processesIn(group).length === 0);
}

/** Leaves an instance's interface at the bridge, as a connection that waits for an answer does. */
async function lingers(region: Region, instance: string): Promise<void> {
  const link = `vb-${region.machine(instance)}`;
  const { bridge } = region.names;
  await until("the end of the former one", async () => {
    await mustRun("ip", ["link", "add", link, "master", bridge, "type", "veth"]);
    return true;
  });
}

/** Uploads build `sequence` of a service `web` to the region beside, and waits for its deploy. */
async function pushedBeside(sequence: number): Promise<void> {
  const { bucket, endpoint, consul } = beside;
  const commit = "b".repeat(40);
  const body = Buffer.from("archive");
  const metadata = {
    sha256: "b".repeat(64),
    size: String(body.length),
    commit,
    sequence: String(sequence),
    "built-by": "a test",
  };
  const artifacts = s3Artifacts({ bucket, endpoint, region: awsRegion });
  await artifacts.put(artifactKey({ service: "web", sequence, commit }), body, metadata);
  await until(`deploy of build ${sequence} beside`, async () => {
    const { deploy } = await readDeploy(consul, "web");
    return deploy?.release.sequence === sequence && deploy.release.commit === commit;
  });
}
