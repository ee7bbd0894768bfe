import { afterAll, beforeAll, expect, test } from "vitest";
import { controlGroup, processesIn } from "../region/control-groups.ts";
import { down } from "../region/index.ts";
import { type RegionUnderTest, regionUnderTest, testRegion } from "./region-under-test.ts";
import { until } from "./until.ts";

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
});
afterAll(() => down(testRegion()));

test("after a kill -9 of everything, up brings the region back with what it served", async () => {
  const { release } = await on.pushed();
  const group = controlGroup(on.region);
  const killed = processesIn(group);
  expect(killed.length).toBeGreaterThan(20); // two machines, Consul, moto, announce, HAProxy
  for (const pid of killed) process.kill(pid, "SIGKILL");
  await until("everything gone", async () => processesIn(group).length === 0);

  const again = await regionUnderTest({ processes: 2 });

  await until("answers", async () => (await again.answering()).includes(release.id));
  expect(await again.answering()).toEqual([release.id]);
  // It can be deployed to again: what plays S3 forgot its objects, not how to take new ones.
  const next = await again.pushed();
  expect(await again.answering()).toEqual([next.release.id]);
});
