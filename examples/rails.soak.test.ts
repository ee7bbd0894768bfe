import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { endTestRegion, type RegionUnderTest } from "../local/testing/region-under-test.ts";
import { until } from "../local/testing/until.ts";
import { local as rails } from "./rails/local.ts";
import {
  addressOnBridge,
  keepSecrets,
  longestMs,
  losesNothing,
  pushed,
  regionOf,
  rollEach,
} from "./testing/example-region.ts";
import { startRedis } from "./testing/redis.ts";

afterAll(endTestRegion);

test("Rails, across four releases and a rollback, loses no request and runs each job of 25 s once", {
  timeout: longestMs,
}, async () => {
  const example = { folder: "rails", cluster: rails, service: "store" };
  const { on, instances, release } = await regionOf(example);
  const redis = await startRedis(addressOnBridge(on));
  onTestFinished(redis.end);
  const secrets = { rails: { secret_key_base: "x".repeat(64) }, redis: { url: redis.url } };
  await keepSecrets(on, "store", secrets);
  await pushed(on, example.service, release);
  await on.healthy(instances);

  const jobs: string[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      jobs.push(await startJob(on, 25));
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  })();
  asking.catch(() => {}); // awaited below
  const paths = ["/", "/up", "/slow?seconds=4"];
  await losesNothing(on, paths, () => rollEach(on, example.service, release));
  isOver = true;
  await asking;

  const ran = async (what: string) => {
    const logs = instances.map((it) => on.on(it, "journalctl", "--output=cat", "--no-pager"));
    const lines = (await Promise.all(logs)).join("\n");
    return [...lines.matchAll(new RegExp(`report (\\S+) ${what}`, "g"))].map(([, id]) => id);
  };
  const each = [...jobs].sort();
  await until("the end of all jobs", async () => (await ran("is done")).length >= jobs.length, 90);
  console.log(`${jobs.length} jobs of 25 s`);
  expect((await ran("is done")).sort()).toEqual(each);
  expect((await ran("begins")).sort()).toEqual(each);
});

/** @returns the id of a job that takes so long */
function startJob({ url, host }: RegionUnderTest, seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host, "content-length": "0" };
    const asked = request(`${url}/jobs?seconds=${seconds}`, { method: "POST", headers }, (answer) =>
      text(answer)
        .then((body) => resolve((JSON.parse(body) as { id: string }).id))
        .catch(reject),
    );
    asked.on("error", reject);
    asked.end();
  });
}
