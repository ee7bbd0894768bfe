import { afterAll, beforeAll, expect, test } from "vitest";
import { stateFolder } from "../../agent/linux/folders.ts";
import { local } from "../../clusters/local.ts";
import type { ServiceSpec } from "../../modules/spec/cluster.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { fillDisk, giveSmallDisk, makeRoom, releasesOf } from "../chaos/small-disk.ts";
import { startLoad } from "../load/load.ts";
import {
  endTestRegion,
  quick,
  type RegionUnderTest,
  regionUnderTest,
  requestsPerSecond,
} from "./region-under-test.ts";
import { rollingReports } from "./rolling-watch.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2"];
const smallDisk = "web-2";
const host = local.services.web.hosts[0];
/** A second service on the instances of web, at some paths of its host. */
const api = {
  ...local.services.web,
  ...quick,
  ...{ hosts: [host], paths: ["/api/*"] },
  ...{ instances: { sharedWith: "web" }, basePort: 9000, processes: 2 },
} satisfies ServiceSpec;

let on: RegionUnderTest;

beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 }, { services: { api } });
  await on.pushed();
  await on.pushed({}, "api");
  await on.healthy(instances);
});
afterAll(endTestRegion);

/** Loads both services during a piece of work, and expects that no request is lost. */
async function loseNothing(work: () => Promise<void>) {
  const url = `${on.url}/api`;
  const load = await startLoad({ url, host, requestsPerSecond, maxSeconds: 110 });
  try {
    const ofWeb = await on.underLoad(work);
    const ofApi = await load.stop();
    expect([ofWeb.errors, ofApi.errors]).toEqual([{}, {}]);
    return { ofWeb, ofApi };
  } finally {
    await load.stop().catch(() => {}); // it has stopped already, unless the work failed
  }
}

test("a disk that fills up during a roll fails the roll, and no request of either service of its host is lost", async () => {
  await giveSmallDisk(on, smallDisk, [releasesOf("web"), releasesOf("api"), stateFolder]);
  const before = await on.deploy();
  let next: Deploy | undefined;
  const { ofWeb, ofApi } = await loseNothing(async () => {
    const deploy = await on.push({ bootMs: 1500 });
    await until(`roll of ${smallDisk}`, async () => {
      const prefix = keys.rolloutInstances("web", deploy.revision);
      return (await rollingReports(on.consul, prefix)).some((it) => it.instance === smallDisk);
    });
    await fillDisk(on, smallDisk);
    const { phase, instances: reports } = await on.ended(deploy);
    expect(phase, JSON.stringify(reports)).toBe("failed");
    expect(reports[smallDisk]?.error).toContain("ENOSPC");
    await makeRoom(on, smallDisk);
    // Only the disk was at fault: the same instances take the next release of each service.
    next = await on.pushed();
    await on.pushed({}, "api");
  });
  expect(await on.answering()).toEqual([next?.release.id]);
  expect(Object.keys(ofWeb.releases)).toContain(before.release.id);
  expect(Object.keys(ofApi.releases)).toHaveLength(2);
  // One host, two services: each gets its own paths, and no request of the other.
  const both = Object.keys(ofWeb.releases).filter((release) => release in ofApi.releases);
  expect(both).toEqual([]);
});
