import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { up } from "../../local/region/index.ts";
import { readRegionFile } from "../../local/region/region-file.ts";
import { keepSecret } from "../../local/region/secrets.ts";
import { upForTheFirstTime } from "../../local/testing/first-apply.ts";
import { RegionUnderTest, testRegion } from "../../local/testing/region-under-test.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { startGetLoad } from "./get-load.ts";

export interface Example {
  readonly folder: string;
  readonly cluster: Cluster;
  readonly service: string;
}

/** Builds the example, and brings the tests' region up with its cluster. */
export async function regionOf({ folder, cluster, service }: Example) {
  const at = join(import.meta.dirname, "..", folder);
  execFileSync(join(at, "build"), { stdio: ["ignore", "ignore", "inherit"] });
  const region = testRegion();
  process.env.SHOESTRING_REGION = region.directory;
  const apply = async () => {
    const { instances } = await up(region, { cluster, install: false });
    return instances.map(({ name }) => name);
  };
  const instances = await upForTheFirstTime(region, cluster, apply);
  const host = cluster.services[service]?.hosts?.[0] ?? "";
  return { on: new RegionUnderTest(region, apply, host), instances, release: join(at, "release") };
}

/** Releases that roll under load; fewer for a try. */
const releases = Number(process.env.RELEASES ?? 4);

/** Rolls releases of a service and rolls the last one back. @returns how long each took */
export async function rollEach(on: RegionUnderTest, service: string, release: string) {
  const times: string[] = [];
  for (let i = 0; i < releases; i += 1) times.push(await pushed(on, service, release));
  const back = ["rollback", service, "--reason", "a try", "--wait", "--timeout", "600"];
  return [...times, await done(on, ...back)];
}

export const pushed = (on: RegionUnderTest, service: string, release: string) =>
  done(on, "release", "push", release, "--service", service, "--wait", "--timeout", "600");

/** Runs a command that succeeds. @returns how long it took */
async function done(on: RegionUnderTest, ...argv: string[]): Promise<string> {
  const from = Date.now();
  const { code, err } = await on.shoestring(...argv);
  expect([argv, code, code === 0 ? "" : err]).toEqual([argv, 0, ""]);
  return `${argv[0]} ${((Date.now() - from) / 1000).toFixed(1)} s`;
}

/** Whether as many events came as the path asks for. */
function isWhole(path: string, body: string): boolean {
  const [, count] = /count=(\d+)/.exec(path) ?? [];
  return count === undefined || body.split("data:").length - 1 === Number(count);
}

/** Expects that no request to these paths is lost during a piece of work. */
export async function losesNothing(
  { url, host }: RegionUnderTest,
  paths: readonly string[],
  work: () => Promise<readonly string[]>,
): Promise<void> {
  const end = startGetLoad(url, host, paths, isWhole);
  const times = await work().catch(async (error) => {
    await end();
    throw error;
  });
  const { answered, lost } = await end();
  console.log(`${host}: ${times.join(", ")}; ${JSON.stringify({ answered, lost })}`);
  expect(lost).toEqual({});
  expect(Object.keys(answered).sort()).toEqual([...paths].sort());
}

/** Address of this machine on the region's bridge, which its instances reach. */
export const addressOnBridge = ({ region }: RegionUnderTest) =>
  new URL(readRegionFile(region).awsEndpoint).hostname;

/** Keeps a service's secrets, each with its fields, where the instances find them. */
export async function keepSecrets(
  { region }: RegionUnderTest,
  service: string,
  secrets: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<void> {
  const { awsEndpoint } = readRegionFile(region);
  for (const [name, fields] of Object.entries(secrets)) {
    const reference = `secretsmanager:local/${service}/${name}`;
    await keepSecret(awsEndpoint, reference, JSON.stringify(fields));
  }
}

/** Longest time of a test: a build, six rollouts, on a machine that does other things, too. */
export const longestMs = 1_800_000;
