import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { down, targetAnswers, targetStates } from "../region/index.ts";
import { type RegionUnderTest, regionUnderTest, testRegion } from "./region-under-test.ts";
import { rollingReports } from "./rolling-watch.ts";
import { until } from "./until.ts";

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
  await on.pushed();
});
afterAll(() => down(testRegion()));

test("another size in the cluster file adds an instance, which serves, and removes it again", async () => {
  const seen = await on.underLoad(async () => {
    expect(await on.apply({ instances: { min: 3, max: 4 } })).toEqual(["web-1", "web-2", "web-3"]);
    await on.healthy(["web-3"]);
    await until(
      "answers of the third",
      async () => ((await targetAnswers(on.region)).get("web-3") ?? 0) > 100,
    );
    expect(await on.apply({})).toEqual(["web-1", "web-2"]);
  });
  expect(seen.errors).toEqual({});
});

test("a deploy while a changed launch template replaces the instances: one is out at a time, and no request is lost", async () => {
  const bootId = (name: string) => on.on(name, "cat", "/etc/machine-id");
  const before = await Promise.all(["web-1", "web-2"].map(bootId));
  const seen = await on.underLoad(async () => {
    const samples = await sampled(async () => {
      const applying = on.apply({ keepReleases: 9 });
      await until("an instance that is being replaced", async () => (await out()).length > 0, 60);
      const wish = await on.push({ bootMs: 500 });
      await applying;
      expect(await on.ended(wish)).toMatchObject({ phase: "done" });
      await on.answersOnly(wish.release.id);
    });
    // The replaced one: with overlap a deploy takes none out, and none is replaced before it serves.
    expect(Math.max(...samples.map((it) => it.out.length))).toBe(1);
    const both = samples.filter(
      (it) => it.out.length > 0 && it.rolling.some((name) => !it.out.includes(name)),
    );
    expect(both.length).toBeGreaterThan(0);
  });
  expect(seen.errors).toEqual({});
  const after = await Promise.all(["web-1", "web-2"].map(bootId));
  expect(after.filter((id) => before.includes(id))).toEqual([]);
});

/** What was seen while something was done, every 200 ms: who was out, and who said that it rolls. */
async function sampled(work: () => Promise<void>) {
  const samples: { readonly out: string[]; readonly rolling: string[] }[] = [];
  let goesOn = true;
  const sampling = async () => {
    for (; goesOn; await pause(200)) {
      const [now, by] = await Promise.all([out(), rolling()]);
      samples.push({ out: now, rolling: by });
    }
  };
  const end = sampling();
  try {
    await work();
  } finally {
    goesOn = false;
    await end;
  }
  return samples;
}

/** Instances to which the load balancer sends nothing. */
const out = async () =>
  [...(await targetStates(on.region))].flatMap(([name, state]) =>
    state.startsWith("DOWN") ? [name] : [],
  );

const rolling = async () =>
  (await rollingReports(on.consul, keys.rollouts("web"))).map(({ instance }) => instance);
