import { expect, test } from "vitest";
import { describePlan, faultNames, planChaos } from "./plan.ts";

const instances = ["web-1", "web-2"];
const plans = Array.from({ length: 200 }, (_, seed) => planChaos(seed, 4, instances));

test("a seed always means the same plan, and another seed another one", () => {
  expect(planChaos(7, 4, instances)).toEqual(planChaos(7, 4, instances));
  expect(new Set(plans.map(describePlan)).size).toBe(plans.length);
});

test("every fault, both instances, good and bad releases occur", () => {
  const deploys = plans.flat();
  const faults = deploys.flatMap((deploy) => deploy.faults);
  expect(new Set(faults.map(({ fault }) => fault))).toEqual(new Set(faultNames));
  expect(new Set(faults.map(({ instance }) => instance))).toEqual(new Set(instances));
  expect(new Set(deploys.map(({ isBad }) => isBad))).toEqual(new Set([true, false]));
});

test("a deploy meets each fault once at most, all on one instance", () => {
  for (const { faults } of plans.flat()) {
    expect(new Set(faults.map(({ fault }) => fault)).size).toBe(faults.length);
    expect(new Set(faults.map(({ instance }) => instance)).size).toBe(1);
  }
});

test("no plan has both a power cut and a full disk", () => {
  for (const plan of plans) {
    const names = new Set(plan.flatMap(({ faults }) => faults.map(({ fault }) => fault)));
    expect(names.has("power cut") && names.has("disk full")).toBe(false);
  }
});
