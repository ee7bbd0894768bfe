import { afterAll, beforeAll, expect, test } from "vitest";
import { Deploy, InstanceRollout, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { type Excuse, faults, type Scene, slowS3, throughSlowS3 } from "../chaos/faults.ts";
import { giveSettableClock } from "../chaos/settable-clock.ts";
import { giveSmallDisk, releasesOf } from "../chaos/small-disk.ts";
import { verdict } from "../chaos/verdict.ts";
import { type Load, startLoad } from "../load/load.ts";
import { saveConsul } from "../region/index.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { type RollingWatch, rollingReports, watchRolling } from "./rolling-watch.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"];
const [half, otherHalf] = [instances.slice(0, 3), instances.slice(3)];
const maxUnavailable = 2;
/** Its small disk is in memory, so a power cut would lose it. */
const smallDisk = "web-6";
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
  await giveSmallDisk(on, smallDisk, [releasesOf("web")]);
  await Promise.all(half.map((instance) => giveSettableClock(on, instance)));
  await done(await on.push());
  await serving(instances);
  load = await startLoad({ url: on.url, host: on.host, requestsPerSecond: 100, maxSeconds: 900 });
});
afterAll(async () => {
  await load?.stop().catch(() => {}); // a test that passed has stopped it already
  await endTestRegion();
});

/** Waits until a deploy is done everywhere, and is the last known good. */
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

async function report(deploy: Deploy, instance: string): Promise<InstanceRollout> {
  const key = keys.rolloutInstance("web", deploy.revision, instance);
  const { found } = await on.consul.get(key);
  return parseDocument(InstanceRollout, key, found?.value ?? "");
}

const serving = (names: readonly string[]) => on.healthy(names, 90);

/** Expects that few instances roll at once during a rollout. */
async function fewRoll(rollout: (watch: RollingWatch) => Promise<void>): Promise<void> {
  const watch = watchRolling(on.consul, "web");
  try {
    await rollout(watch);
  } finally {
    const most = await watch.stop();
    expect(most.length, `rolling at once: ${most.join(", ")}`).toBeLessThanOrEqual(maxUnavailable);
  }
}

/** An instance that has begun to roll a deploy. */
const rolling = (deploy: Deploy, isMeant = (_: InstanceRollout) => true) =>
  until("instance that rolls", async () => {
    const prefix = keys.rolloutInstances("web", deploy.revision);
    return (await rollingReports(on.consul, prefix)).find(isMeant)?.instance;
  });

test("a rollout is done although Consul's leader is killed and all servers are away for a minute", () =>
  fewRoll(async () => {
    const deploy = await on.push();
    await faults["Consul's leader killed"](scene, [], 3000);
    await faults["Consul away"](scene, [], 60_000);
    await done(deploy);
  }));

test("a rollout is done although half of the agents lose Consul and the others are killed", () =>
  fewRoll(async () => {
    const deploy = await on.push();
    await Promise.all([
      faults["half the agents without Consul"](scene, half, 5000),
      faults["half the agents killed"](scene, otherHalf, 3000),
    ]);
    await done(deploy);
  }));

test("a rollout is done although the dates of half of the agents are set an hour ahead and back", () =>
  fewRoll(async () => {
    const deploy = await on.push();
    await rolling(deploy);
    await faults["clocks set"](scene, half, 3000);
    await done(deploy);
  }));

test("a rollout waits while a pause and a drain cannot be read, and is done after people remove them", () =>
  fewRoll(async () => {
    const deploy = await on.push();
    await rolling(deploy);
    const garbage = [
      { verb: "set", key: keys.drain("x"), value: "out for maintenance" },
      { verb: "set", key: keys.pause("web"), value: '{"schema":3}' },
    ] as const;
    expect(await on.consul.write(garbage)).toBe(true);
    await until("an instance that waits for the pause", async () => {
      const now = await on.rollout(deploy);
      const reports = Object.values(now?.instances ?? {});
      return reports.some(({ waitsFor }) => waitsFor?.includes("paused by"));
    });
    expect((await on.shoestring("undrain", "x")).code).toBe(0);
    expect((await on.shoestring("resume", "web")).code).toBe(0);
    await done(deploy);
    expect((await on.deploy()).revision).toBe(deploy.revision);
  }));

test("a rollout is done although an instance loses its power in the middle of its roll", () =>
  fewRoll(async (watch) => {
    const deploy = await on.push();
    const instance = await rolling(deploy, ({ instance }) => instance !== smallDisk);
    watch.ignore(instance);
    excuses.push(...(await faults["power cut"](scene, [instance], 2000)));
    await done(deploy);
    await serving(instances);
  }));

test("an instance that loses its power right after a fetch comes back, serves, and gets the release", () =>
  fewRoll(async (watch) => {
    await on.shoestring("pause", "web", "--reason", "a power cut");
    const deploy = await on.push();
    const [instance = ""] = half;
    // The release is prepared, and only the agent itself has synced any of it.
    await until("a release that is fetched", async () => {
      const { found } = await on.consul.get(keys.rolloutInstance("web", deploy.revision, instance));
      return found && (await report(deploy, instance)).phase === "waiting";
    });
    watch.ignore(instance);
    excuses.push(...(await faults["power cut"](scene, [instance], 0)));
    await serving(instances);
    await on.shoestring("resume", "web");
    await done(deploy);
    await serving(instances);
    await on.answersOnly(deploy.release.id);
  }));

test("a rollout is done although S3 is slow and then answers 503", () =>
  fewRoll(async () => {
    const mended = slowS3(scene, 8000);
    await until("slow S3", () => on.on("web-6", "nft", "list", "table", "ip", "slow-s3"));
    const deploy = await on.push();
    const { late, refused } = await mended;
    expect(late).toBeGreaterThan(0);
    expect(refused).toBeGreaterThanOrEqual(instances.length);
    await done(deploy);
  }));

test("a rollback does not wait for an S3 that sends one byte in 20 s", async () => {
  const before = await good();
  const fetches = () =>
    Promise.all(
      instances.map((name) => on.on(name, "sh", "-c", "pgrep -fc 'aws.js[ ]fetch' || true")),
    );
  await throughSlowS3(scene, { byteEveryMs: 20_000 }, async (slow) => {
    await on.push();
    await until("downloads that trickle", async () => slow.answered().late >= instances.length);
    const from = Date.now();
    const { code, err } = await on.shoestring("rollback", "web", "--reason", "it never comes");
    expect(code, err).toBe(0);
    const rollback = await on.deploy();
    expect(rollback.release.id).toBe(before?.release.id);
    await done(rollback);
    expect(Date.now() - from).toBeLessThan(60_000);
    expect(new Set((await fetches()).map((it) => it.trim()))).toEqual(new Set(["0"]));
  });
  await on.shoestring("unhold", "web");
});

test("a full disk fails a rollout on its instance alone, and it is rolled back", async () => {
  const before = await good();
  const mended = faults["disk full"](scene, [smallDisk], 15_000);
  await until("full disk", async () => {
    const free = await on.on(smallDisk, "df", "--output=avail", releasesOf("web"));
    return Number(free.split("\n")[1]) === 0;
  });
  const deploy = await on.push();
  const { phase, instances } = await on.ended(deploy, 120);
  expect(phase).toBe("failed");
  const failed = Object.values(instances).filter((it) => it.phase === "failed");
  expect(failed).toMatchObject([
    { instance: smallDisk, error: expect.stringContaining("no room") },
  ]);
  await mended;
  const rollback = await until("rollback", async () => {
    const found = await on.deploy();
    return found.kind === "rollback" ? found : undefined;
  });
  expect(rollback.release.id).toBe(before?.release.id);
  await done(rollback);
  expect((await on.shoestring("unhold", "web")).code).toBe(0);
});

test("a snapshot from before a deploy rolls nothing back, and the next deploy reaches every instance", async () => {
  const snapshot = await saveConsul(on.region);
  const deploy = await on.push();
  await rolling(deploy);
  await faults["snapshot restored"]({ ...scene, snapshot }, [], 0);
  expect((await on.deploy()).revision).toBeLessThan(deploy.revision);
  const next = await on.push();
  expect(next.release.sequence).toBeGreaterThan(deploy.release.sequence);
  await done(next);
  await serving(instances);
  expect(await on.answering()).toEqual([next.release.id]);
});

test("a late joiner starts the last known good release, and then follows the rollout", async () => {
  const before = await good();
  const deploy = await on.push();
  await rolling(deploy);
  await on.shoestring("pause", "web", "--reason", "an instance joins");
  const all = await on.apply({ instances: { min: 7, max: 7 } });
  expect(all).toHaveLength(7);
  await serving(all);
  await until("web-7 with what is good", async () => {
    const { phase, lateJoiner, processes } = await report(deploy, "web-7");
    const serve = Object.values(processes).filter((it) => it.phase === "serving");
    const isGood = serve.every(({ release }) => release === before?.release.id);
    return phase === "waiting" && lateJoiner && serve.length === 4 && isGood;
  });
  await on.shoestring("resume", "web");
  await done(deploy);
  await serving(all);
  await on.answersOnly(deploy.release.id);
}, 240_000);

test("no accepted request was lost, except inside the instance that lost its power", async () => {
  expect(await verdict(load, excuses)).toMatch(/requests: 0 lost/);
});
