import { afterAll, beforeAll, expect, test } from "vitest";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";

const instance = "web-1";

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes: 1, instances: { min: 1, max: 1 } });
  await on.pushed();
});
afterAll(endTestRegion);

interface Verdict {
  readonly results: readonly {
    readonly "resource-type": string;
    readonly "resource-id": string;
    readonly property: string;
    readonly successful: boolean;
  }[];
}

test.each(["image", "booted"])(
  "a machine that serves passes the image's own checks: %s.yaml",
  async (name) => {
    const path = `/usr/local/share/shoestring/checks/${name}.yaml`;
    const goss = `goss --gossfile ${path} validate --format json --no-color || true`;
    const { results } = JSON.parse(await on.on(instance, "sh", "-c", goss)) as Verdict;
    expect(results.length).toBeGreaterThan(15);
    const failed = results
      .filter(({ successful }) => !successful)
      .map((it) => `${it["resource-type"]} ${it["resource-id"]}: ${it.property}`);
    expect(failed).toEqual([]);
  },
);
