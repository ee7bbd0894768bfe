import { expect, test } from "vitest";
import { describePlan, faultNames, planChaos, subjectOf } from "./plan.ts";

const instances = ["web-1", "web-2", "web-3", "web-4"];
const planOf = (seed: number) => planChaos({ seed, deploys: 4, instances, longestMs: 5000 });
const plans = Array.from({ length: 200 }, (_, seed) => planOf(seed));

test("a seed always gives the same plan, and another seed gives another one", () => {
  expect(planOf(7)).toEqual(planOf(7));
  expect(new Set(plans.map(describePlan)).size).toBe(plans.length);
});

test("plans have every fault, every instance, and good and bad releases", () => {
  const deploys = plans.flat();
  const faults = deploys.flatMap((deploy) => deploy.faults);
  expect(new Set(faults.map(({ fault }) => fault))).toEqual(new Set(faultNames));
  expect(new Set(faults.flatMap((it) => it.instances))).toEqual(new Set(instances));
  expect(new Set(deploys.map(({ isBad }) => isBad))).toEqual(new Set([true, false]));
});

test("a deploy meets each fault at most once, and none for longer than the limit", () => {
  for (const { faults } of plans.flat()) {
    expect(new Set(faults.map(({ fault }) => fault)).size).toBe(faults.length);
    expect(Math.max(...faults.map(({ forMs }) => forMs))).toBeLessThan(5000);
  }
});

test("a deploy's faults of an instance hit one instance, and those of half of them hit exactly half", () => {
  const counts = { "an instance": 1, "half the instances": 2, Consul: 0, S3: 0, "the region": 0 };
  for (const { faults } of plans.flat()) {
    for (const { fault, instances } of faults) {
      expect(new Set(instances).size).toBe(counts[subjectOf(fault)]);
    }
    const alone = faults.filter(({ fault }) => subjectOf(fault) === "an instance");
    expect(new Set(alone.flatMap((it) => it.instances)).size).toBeLessThanOrEqual(1);
  }
});

test("no plan has both a power cut and a full disk, or two joining instances", () => {
  for (const plan of plans) {
    const names = plan.flatMap(({ faults }) => faults.map(({ fault }) => fault));
    expect(names.includes("power cut") && names.includes("disk full")).toBe(false);
    expect(names.filter((name) => name === "an instance joins").length).toBeLessThanOrEqual(1);
  }
});
