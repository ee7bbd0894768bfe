import { expect, test } from "vitest";
import { aDeploy, aService } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";
import { isLaunchReady } from "./launch-readiness.ts";

const service = aService({ processes: 2, autoRollback: true });

/** A fleet that serves release 2, after an older snapshot of Consul was restored. */
async function restoredFleet(snapshotOf: "release 1" | "nothing") {
  const fleet = simulatedFleet();
  await fleet.add("web-1", "web-2", "web-3");
  let restore = fleet.snapshot();
  fleet.announce(aDeploy(1));
  await fleet.ends(1, "done");
  if (snapshotOf === "release 1") restore = fleet.snapshot();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  restore();
  await fleet.pass(60);
  const passes = (instance: string) => {
    const current = () => fleet.instance(instance).machine.disk();
    const journal = { current, change: async () => {} };
    return isLaunchReady({ service, instance, consul: fleet.consul, journal });
  };
  return { fleet, restore, passes };
}

test("a new instance that runs an older deploy than the others has not passed, also while Consul is away", async () => {
  const { fleet, passes } = await restoredFleet("release 1");
  await fleet.add("web-4");
  await fleet.pass(60);
  expect(fleet.serving()["web-4"]).toEqual([aDeploy(1).release.id]);
  expect(await passes("web-4")).toBe(false);
  fleet.consul.away(true);
  expect(await passes("web-4")).toBe(false);
  fleet.consul.away(false);
  fleet.consul.deny(true);
  expect(await passes("web-4")).toBe(false);
});

test.each(["the snapshot is restored once more", "the reports are deleted by hand"])(
  "a new instance that runs an older deploy than the others has not passed when %s",
  async (what) => {
    const { fleet, restore, passes } = await restoredFleet("release 1");
    if (what.startsWith("the snapshot")) restore();
    else for (const key of fleet.consul.keys("rollouts/web/")) fleet.consul.remove(key);
    await fleet.pass(60);
    expect(fleet.report(1, "web-1")?.phase).toBe("runs newer");
    await fleet.add("web-4");
    await fleet.pass(60);
    expect(await passes("web-4")).toBe(false);
  },
);

test("a new instance that knows no deploy has not passed where the others serve", async () => {
  const { fleet, passes } = await restoredFleet("nothing");
  await fleet.add("web-4");
  await fleet.pass(60);
  expect(fleet.serving()).toMatchObject({ "web-1": [aDeploy(2).release.id], "web-4": ["out"] });
  expect(await passes("web-4")).toBe(false);
});

test("the first instances of a service that was never deployed have passed", async () => {
  const fleet = simulatedFleet();
  await fleet.add("web-1", "web-2");
  fleet.ail("web-1", "web-2");
  const journal = { current: () => fleet.instance("web-1").machine.disk(), change: async () => {} };
  const on = { service, instance: "web-1", consul: fleet.consul, journal };
  expect(await isLaunchReady(on)).toBe(true);
});
