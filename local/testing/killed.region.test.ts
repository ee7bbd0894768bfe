import { existsSync, mkdirSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import { controlGroup, processesIn } from "../region/control-groups.ts";
import { down, up } from "../region/index.ts";
import { supplies } from "../region/supplies.ts";
import { regionUnderTest, testRegion } from "./region-under-test.ts";
import { until } from "./until.ts";

afterAll(() => down(testRegion()));

test("what the first up builds while the image takes its minutes is there when the image needs it", async () => {
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

test("after a kill -9 of everything, up brings the region back with what it served", async () => {
  const on = await regionUnderTest({ processes: 2 });
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
