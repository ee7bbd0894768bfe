import { afterAll, beforeAll, expect, test } from "vitest";
import { Hold, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2"];
let on: RegionUnderTest;

beforeAll(async () => {
  on = await regionUnderTest({ processes: 2, autoRollback: true, bakeSeconds: 2 });
});
afterAll(endTestRegion);

test("a release that fails on the canary leaves the other instance untouched, is rolled back and held", async () => {
  const good = await on.pushed();
  const whatRuns = (instance: string) =>
    on.on(
      instance,
      "systemctl",
      "show",
      "shoestring-web@*",
      "--property=Id,ExecMainStartTimestampMonotonic",
    );
  const before = new Map(
    await Promise.all(instances.map(async (name) => [name, await whatRuns(name)] as const)),
  );

  const seen = await on.underLoad(async () => {
    const bad = await on.push({ pingStatus: 500 });
    const failed = await on.ended(bad);
    expect(failed.phase).toBe("failed");
    const rollback = await until("a rollback", async () => {
      const deploy = await on.deploy();
      return deploy.kind === "rollback" ? deploy : undefined;
    });
    expect(rollback).toMatchObject({
      revision: bad.revision + 1,
      release: { id: good.release.id },
      newestSequence: bad.newestSequence,
    });
    expect((await on.ended(rollback)).phase).toBe("done");

    const touched = Object.values(failed.instances).find((it) => it.phase === "failed");
    expect(touched?.error).toContain("it answered 500");
    const other = instances.find((name) => name !== touched?.instance) as string;
    expect(await whatRuns(other)).toBe(before.get(other));
  });
  expect(seen.errors).toEqual({});
  expect(Object.keys(seen.releases)).toEqual([good.release.id]);

  const { found } = await on.consul.get(keys.hold("web"));
  expect(parseDocument(Hold, keys.hold("web"), found?.value ?? "").reason).toContain("failed");
  expect((await on.shoestring("unhold", "web")).code).toBe(0);
  await on.pushed();
});
