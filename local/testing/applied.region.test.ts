import { afterAll, beforeAll, expect, test } from "vitest";
import { down, targetAnswers, targetStates } from "../region/index.ts";
import { type RegionUnderTest, regionUnderTest, testRegion } from "./region-under-test.ts";
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
    await until(
      "health of the third",
      async () => (await targetStates(on.region)).get("web-3") === "UP",
    );
    await until(
      "answers of the third",
      async () => ((await targetAnswers(on.region)).get("web-3") ?? 0) > 100,
    );
    expect(await on.apply({})).toEqual(["web-1", "web-2"]);
  });
  expect(seen.errors).toEqual({});
});

test("a changed launch template replaces the instances one by one, and no request is lost", async () => {
  const bootId = (name: string) => on.on(name, "cat", "/etc/machine-id");
  const before = await Promise.all(["web-1", "web-2"].map(bootId));
  const seen = await on.underLoad(async () => {
    await on.apply({ keepReleases: 9 });
  });
  expect(seen.errors).toEqual({});
  const after = await Promise.all(["web-1", "web-2"].map(bootId));
  expect(after.filter((id) => before.includes(id))).toEqual([]);
});
