import { afterAll, beforeAll, expect, test } from "vitest";
import { targetAnswers } from "../region/index.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
  await on.pushed();
});
afterAll(endTestRegion);

test("a larger group in the cluster file adds an instance that serves, and a smaller one removes it", async () => {
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
