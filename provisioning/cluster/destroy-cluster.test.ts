import { describe, expect, test } from "vitest";
import { staging } from "../../clusters/staging.ts";
import { clusterDouble, type Differs } from "../testing/cluster-double.ts";
import { destroyCluster } from "./destroy-cluster.ts";

function aCluster(differs: Differs = {}) {
  const double = clusterDouble(differs);
  return {
    ...double,
    destroy: ({ killedAt, answer = true, withData = true }: Run = {}) =>
      destroyCluster(double.effects(answer, killedAt), {
        cluster: staging,
        terraform: "terraform",
        withData,
        remains: double.remains(),
      }),
  };
}

interface Run {
  readonly killedAt?: number;
  readonly answer?: boolean;
  readonly withData?: boolean;
}

const nothing = { resources: 0, keys: 0, objects: 0, parameters: [] };

test("a cluster goes with its objects, the state of its keys and its parameters", async () => {
  const { destroy, left, said } = aCluster();
  expect(await destroy()).toBe(0);
  expect(left()).toEqual(nothing);
  expect(said).toContain("goes too: /shoestring/staging/web/consul-token");
  expect(said.join("\n")).toContain("aws rds describe-db-snapshots");
});

test("a second destroy asks nothing and changes nothing", async () => {
  const { destroy, left, asked } = aCluster();
  await destroy();
  asked.length = 0;
  expect(await destroy({ answer: false })).toBe(0);
  expect(left()).toEqual(nothing);
  expect(asked).toEqual([]);
});

describe("a destroy that was killed is finished by the next one:", () => {
  const calls = 12; // of a whole run
  const places = Array.from({ length: calls }, (_, call) => call);

  test.each(places)("at call %i", async (killedAt) => {
    const { destroy, left } = aCluster();
    await expect(destroy({ killedAt })).rejects.toThrow("killed");
    expect(await destroy()).toBe(0);
    expect(left()).toEqual(nothing);
  });

  test("a whole run has no more calls than these", async () => {
    expect(await aCluster().destroy({ killedAt: calls })).toBe(0);
  });
});

test("a no changes nothing", async () => {
  const { destroy, left } = aCluster();
  const before = left();
  expect(await destroy({ answer: false })).toBe(1);
  expect(left()).toEqual(before);
});

test.each<[string, Differs, boolean, string, string]>([
  [
    "that is protected",
    { database: { deletion_protection: true } },
    true,
    "staging is protected: aws_db_instance.main",
    "write deletionProtection: false into clusters/staging.ts",
  ],
  [
    "whose load balancer is protected",
    { balancer: { enable_deletion_protection: true } },
    true,
    "staging is protected: aws_lb.main",
    "npx cdktf apply staging",
  ],
  ["that holds data", {}, false, "staging holds data: aws_db_instance.main. ", "--with-data"],
  [
    "whose database leaves no snapshot",
    { database: { skip_final_snapshot: true } },
    true,
    "would leave no last snapshot",
    "aws rds create-db-snapshot",
  ],
])("a cluster %s is refused, and nothing is changed", async (_, differs, withData, why, next) => {
  const { destroy, left, asked } = aCluster(differs);
  const before = left();
  await expect(destroy({ withData })).rejects.toThrow(why);
  await expect(destroy({ withData })).rejects.toThrow(next);
  expect(left()).toEqual(before);
  expect(asked).toEqual([]);
});
