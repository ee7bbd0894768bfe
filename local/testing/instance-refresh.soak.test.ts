import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { targetStates } from "../region/index.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
  await on.pushed();
});
afterAll(endTestRegion);

test("a deploy while instances are replaced has one out at a time, and loses no request", async () => {
  const bootId = (name: string) => on.on(name, "cat", "/etc/machine-id");
  const before = await Promise.all(["web-1", "web-2"].map(bootId));
  const seen = await on.underLoad(async () => {
    let isUnderWay = false;
    const samples = await sampled(
      () => isUnderWay,
      async () => {
        const applying = on.apply({ keepReleases: 9 });
        await until("an instance that is being replaced", async () => (await out()).length > 0, 60);
        const desired = await on.push({ bootMs: 500 });
        isUnderWay = true;
        await applying;
        expect(await on.ended(desired)).toMatchObject({ phase: "done" });
        isUnderWay = false;
        await on.answersOnly(desired.release.id);
      },
    );
    // The replaced one: an overlap deploy takes none out, and each serves before the next goes.
    expect(Math.max(...samples.map((it) => it.out.length))).toBe(1);
    expect(samples.some((it) => it.out.length > 0 && it.isUnderWay)).toBe(true);
  });
  expect(seen.errors).toEqual({});
  const after = await Promise.all(["web-1", "web-2"].map(bootId));
  expect(after.filter((id) => before.includes(id))).toEqual([]);
});

/** Samples every 200 ms which instances are out, and whether a deploy is under way. */
async function sampled(isUnderWay: () => boolean, work: () => Promise<void>) {
  const samples: { readonly out: string[]; readonly isUnderWay: boolean }[] = [];
  let goesOn = true;
  const sampling = async () => {
    for (; goesOn; await pause(200)) samples.push({ out: await out(), isUnderWay: isUnderWay() });
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
