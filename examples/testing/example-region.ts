import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { up } from "../../local/region/index.ts";
import { readRegionFile } from "../../local/region/region-file.ts";
import { keepSecret } from "../../local/region/secrets.ts";
import { upForTheFirstTime } from "../../local/testing/first-apply.ts";
import { RegionUnderTest, testRegion } from "../../local/testing/region-under-test.ts";
import { serviceHosts } from "../../modules/service/service-hosts.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import type { Site } from "./get-load.ts";
import type { Load } from "./load.ts";

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
  const hostOf = (name: string) => serviceHosts(cluster, name)[0] ?? "";
  const on = new RegionUnderTest(region, apply, hostOf(service));
  const siteOf = (name: string): Site => ({ url: on.url, host: hostOf(name) });
  return { on, instances, release: join(at, "release"), siteOf };
}

/** Releases that roll under load; fewer for a try. */
const releases = Number(process.env.RELEASES ?? 4);

/**
 * Rolls releases of a service, and rolls the last one back.
 *
 * @param change what the next one has that no release before had.
 * @returns how long each took
 */
export async function rollEach(
  on: RegionUnderTest,
  service: string,
  release: string,
  change = (_: string) => {},
) {
  const times: string[] = [];
  for (let i = 1; i <= releases; i += 1) {
    change(`release ${i}`);
    times.push(await pushed(on, service, release));
  }
  const back = ["rollback", service, "--reason", "a try", "--wait", "--timeout", "600"];
  return [...times, await done(on, ...back)];
}

export const pushed = (on: RegionUnderTest, service: string, release: string) =>
  done(on, "release", "push", release, "--service", service, "--wait", "--timeout", "600");

/** Expects that a release fails by its step before it. @returns how long that took */
export async function refused(on: RegionUnderTest, service: string, release: string, why: string) {
  const from = Date.now();
  const push = ["release", "push", release, "--service", service, "--wait", "--timeout", "600"];
  const { code, err } = await on.shoestring(...push);
  expect([code, err]).toEqual([1, expect.stringContaining(why)]);
  return `a migration that fails ${secondsSince(from)}`;
}

const secondsSince = (from: number) => `${((Date.now() - from) / 1000).toFixed(1)} s`;

/** Runs a command that succeeds. @returns how long it took */
async function done(on: RegionUnderTest, ...argv: string[]): Promise<string> {
  const from = Date.now();
  const { code, err } = await on.shoestring(...argv);
  expect([argv, code, code === 0 ? "" : err]).toEqual([argv, 0, ""]);
  return `${argv[0]} ${secondsSince(from)}`;
}

/** Expects that clients lose nothing during a piece of work, and prints what it says of itself. */
export async function losesNothing(
  loads: readonly Load[],
  work: () => Promise<readonly string[]>,
): Promise<void> {
  const end = () => Promise.all(loads.map((load) => load.end()));
  const times = await work().catch(async (error) => {
    console.log(JSON.stringify(await end()));
    throw error;
  });
  const seen = await end();
  console.log(`${times.join(", ")}; ${JSON.stringify(seen)}`);
  for (const { answered, lost } of seen) {
    expect(lost).toEqual({});
    expect(answered).not.toEqual({});
  }
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
