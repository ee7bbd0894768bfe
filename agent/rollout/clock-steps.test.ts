import { expect, test } from "vitest";
import { aDeploy } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";

const names = ["web-1", "web-2", "web-3", "web-4"];
const hour = 3600;
const release = (sequence: number) => aDeploy(sequence).release.id;
const all = (sequence: number) =>
  Object.fromEntries(names.map((name) => [name, [release(sequence)]]));

/**
 * A fleet whose last known good is release 1; web-1's clock is an hour ahead, web-2's an hour
 * behind.
 */
async function crookedFleet(options: Parameters<typeof simulatedFleet>[0] = {}) {
  const fleet = simulatedFleet(options);
  fleet.announce(aDeploy(1));
  await fleet.add(...names);
  fleet.instance("web-1").stepClock(hour);
  fleet.instance("web-2").stepClock(-hour);
  await fleet.ends(1, "done");
  return fleet;
}

test("clocks that differ by two hours do not shorten a bake, and do not end a rollout early or late", async () => {
  const fleet = await crookedFleet({ service: { bakeSeconds: 30 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary that is done", () =>
    names.some((name) => fleet.report(2, name)?.phase === "done"),
  );
  const since = fleet.clock.monotonicMs();
  await fleet.until("the phase after the bake", () => fleet.rollout(2)?.phase !== "canary");
  expect(fleet.clock.monotonicMs() - since).toBeGreaterThan(28_000);
  await fleet.ends(2, "done");
  expect(fleet.clock.monotonicMs() - since).toBeLessThan(120_000);
  expect(fleet.serving()).toEqual(all(2));
});

test.each([hour, -hour])(
  "a clock that is set forward by %i s during each agent's roll changes nothing",
  async (step) => {
    const fleet = await crookedFleet({ service: { bakeSeconds: 5 } });
    fleet.announce(aDeploy(2));
    for (const name of names) {
      await fleet.until(`${name} in its roll`, () =>
        ["rolling", "done"].includes(fleet.report(2, name)?.phase ?? ""),
      );
      fleet.instance(name).stepClock(step);
    }
    await fleet.ends(2, "done");
    expect(fleet.serving()).toEqual(all(2));
    expect(fleet.good()?.revision).toBe(2);
  },
);

test.each(names)(
  "all agents agree on one rollback although the clock of the canary %s is hours off",
  async (canary) => {
    const others = names.filter((name) => name !== canary);
    const fleet = await crookedFleet({
      behaviours: { [release(2)]: { status: 500 } },
    });
    for (const name of others) fleet.instance(name).stepClock(2 * hour);
    fleet.announce(aDeploy(2));
    await fleet.ends(2, "failed");
    await fleet.ends(3, "done");
    expect(fleet.deploy()).toMatchObject({ kind: "rollback", release: { id: release(1) } });
    expect(fleet.serving()).toEqual(all(1));
  },
);

test("a clock step does not bring the progress deadline nearer", async () => {
  const fleet = await crookedFleet({ service: { progressDeadlineSeconds: 120 } });
  fleet.pause();
  fleet.announce(aDeploy(2));
  await fleet.pass(60);
  for (const name of names) fleet.instance(name).stepClock(hour);
  await fleet.pass(10);
  fleet.resume();
  await fleet.ends(2, "done");
});
