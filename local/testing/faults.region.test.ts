import { afterAll, beforeAll, expect, test } from "vitest";
import { type Load, startLoad } from "../../bench/load/load.ts";
import { Deploy, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { type Excuse, faults, giveSmallDisk, type Scene } from "../chaos/faults.ts";
import { judge } from "../chaos/judge.ts";
import { down, restoreConsul, saveConsul, targetStates } from "../region/index.ts";
import { type RegionUnderTest, regionUnderTest, testRegion } from "./region-under-test.ts";
import { watchRolling } from "./rolling-watch.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"];
const [half, otherHalf] = [instances.slice(0, 3), instances.slice(3)];
const maxUnavailable = 2;
const excuses: Excuse[] = [];
const noSnapshot = new Uint8Array();
let on: RegionUnderTest;
let load: Load;
let scene: Scene;

beforeAll(async () => {
  on = await regionUnderTest(
    { processes: 4, instances: { min: 6, max: 7 }, maxUnavailable, autoRollback: true },
    { consul: { servers: 3 } },
  );
  scene = { on, instances, snapshot: noSnapshot };
  await giveSmallDisk(on, "web-6");
  await done(await on.push());
  await serving(instances);
  load = await startLoad({ url: on.url, host: on.host, requestsPerSecond: 100, maxSeconds: 900 });
});
afterAll(async () => {
  await load?.stop().catch(() => {}); // judged already, where all went well
  await down(testRegion());
});

/** Waits until a deploy is done everywhere, and good. */
async function done(deploy: Deploy): Promise<void> {
  const { phase, instances } = await on.ended(deploy, 120);
  expect(phase, JSON.stringify(instances)).toBe("done");
  await until("what is good", async () => (await good())?.revision === deploy.revision);
}

async function good(): Promise<Deploy | undefined> {
  const key = keys.good("web");
  const { found } = await on.consul.get(key);
  return found && parseDocument(Deploy, key, found.value);
}

const serving = (names: readonly string[]) =>
  until(
    "healthy instances",
    async () => {
      const states = await targetStates(on.region);
      return names.every((name) => states.get(name) === "UP");
    },
    90,
  );

/** An instance that has begun to roll a deploy. */
const rolling = (deploy: Deploy) =>
  until("instance that rolls", async () => {
    const { found } = await on.consul.list(`${keys.rollout("web", deploy.revision)}/instances/`);
    const report = found.map(({ value }) => JSON.parse(value)).find((it) => it.phase === "rolling");
    return report?.instance as string | undefined;
  });

test("a rollout is done although Consul's leader is killed, and then all servers are away", async () => {
  const watch = watchRolling(on.consul, "web");
  const deploy = await on.push();
  await faults["Consul's leader killed"](scene, [], 3000);
  await faults["Consul away"](scene, [], 5000);
  await done(deploy);
  expect((await watch.stop()).length).toBeLessThanOrEqual(maxUnavailable);
});

test("a rollout is done although half of the agents lose Consul, and the others are killed", async () => {
  const watch = watchRolling(on.consul, "web");
  const deploy = await on.push();
  await Promise.all([
    faults["half the agents without Consul"](scene, half, 5000),
    faults["half the agents killed"](scene, otherHalf, 3000),
  ]);
  await done(deploy);
  expect((await watch.stop()).length).toBeLessThanOrEqual(maxUnavailable);
});

test("a rollout is done although an instance loses its power in the middle of its roll", async () => {
  const watch = watchRolling(on.consul, "web");
  const deploy = await on.push();
  const instance = await rolling(deploy);
  watch.ignore(instance);
  excuses.push(...(await faults["power cut"](scene, [instance], 2000)));
  await done(deploy);
  await serving(instances);
  expect((await watch.stop()).length).toBeLessThanOrEqual(maxUnavailable);
});

test("S3 that is slow and then answers 503 delays a rollout; a full disk fails it, and it is rolled back", async () => {
  const before = await good();
  const mended = Promise.all([
    faults["disk full"](scene, ["web-6"], 15_000),
    faults["S3 slow, then 503"](scene, [], 4000),
  ]);
  await until("full disk", async () => {
    const free = await on.on("web-6", "df", "--output=avail", "/srv/web/releases");
    return Number(free.split("\n")[1]) === 0;
  });
  const deploy = await on.push();
  const { phase } = await on.ended(deploy, 120);
  expect(phase).toBe("failed");
  await mended;
  const rollback = await until("rollback", async () => {
    const found = await on.deploy();
    return found.kind === "rollback" ? found : undefined;
  });
  expect(rollback.release.id).toBe(before?.release.id);
  await done(rollback);
  expect((await on.shoestring("unhold", "web")).code).toBe(0);
});

test("a snapshot of before a deploy moves nothing back, and the next deploy reaches every instance", async () => {
  const snapshot = await saveConsul(on.region);
  const deploy = await on.push();
  await rolling(deploy);
  await restoreConsul(on.region, snapshot);
  expect((await on.deploy()).revision).toBeLessThan(deploy.revision);
  const next = await on.push();
  expect(next.release.sequence).toBeGreaterThan(deploy.release.sequence);
  await done(next);
  await serving(instances);
  expect(await on.answering()).toEqual([next.release.id]);
});

test("an instance that joins in the middle of a rollout serves only when it is healthy, and follows", async () => {
  const deploy = await on.push();
  await rolling(deploy);
  const all = await on.apply({ instances: { min: 7, max: 7 } });
  expect(all).toHaveLength(7);
  await done(deploy);
  await serving(all);
  await until("one release everywhere", async () => {
    const releases = await on.answering();
    return releases.length === 1 && releases[0] === deploy.release.id;
  });
});

test("no request was lost that an instance had accepted, but inside the one that lost its power", async () => {
  expect(await judge(load, excuses)).toMatch(/requests: 0 lost/);
});
