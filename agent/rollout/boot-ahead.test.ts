import { expect, test } from "vitest";
import { aDeploy } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";

/** An instance on which release 1 serves, and the first process of release 2 boots. */
async function rolling() {
  const fleet = simulatedFleet({
    service: { processes: 4, minHealthyTimeSeconds: 1 },
  });
  fleet.announce(aDeploy(1));
  await fleet.add("web-1");
  await fleet.ends(1, "done");
  await fleet.pass(5);
  const instance = fleet.instance("web-1");
  instance.machine.nowServing();
  instance.starts.length = 0;
  fleet.announce(aDeploy(2));
  await fleet.until("a first process", () => instance.starts.length > 0);
  return { fleet, ...instance };
}

test("the second batch of an instance boots while the first process is watched, with the slot proven", async () => {
  const { fleet, starts, machine } = await rolling();
  await fleet.pass(0.8);
  expect(starts).toEqual(["1", "2", "3", "4"]);
  expect(new Set(machine.serving())).toEqual(new Set([aDeploy(1).release.id]));
  await fleet.ends(2, "done");
  expect(new Set(machine.serving())).toEqual(new Set([aDeploy(2).release.id]));
  expect(machine.broken).toEqual([]);
});

test("an instance that is paused in its first batch boots nothing ahead, and goes on when it is resumed", async () => {
  const { fleet, starts, machine } = await rolling();
  fleet.pause();
  await fleet.pass(60);
  expect(starts).toEqual(["1"]);
  fleet.resume();
  await fleet.ends(2, "done");
  expect(new Set(machine.serving())).toEqual(new Set([aDeploy(2).release.id]));
});

test("processes that booted ahead are stopped when the rollout is paused before they serve", async () => {
  const { fleet, starts, machine } = await rolling();
  await fleet.pass(0.8);
  expect(starts).toHaveLength(4);
  fleet.pause();
  await fleet.pass(60);
  expect(machine.serving().filter((it) => it === aDeploy(2).release.id)).toHaveLength(1);
  expect(machine.leftovers()).toEqual([]);
  expect(machine.disk().moves).toEqual({});
  fleet.resume();
  await fleet.ends(2, "done");
  expect(machine.broken).toEqual([]);
});
