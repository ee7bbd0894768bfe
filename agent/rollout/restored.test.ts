import { expect, test } from "vitest";
import { deployOperations, readDeploy } from "../../protocol/deploys.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy } from "../testing/builders.ts";
import { servingFleet, simulatedFleet } from "../testing/simulated-fleet.ts";

const names = ["web-1", "web-2", "web-3"];

test.each(["every agent has heard of it", "an agent began the first one again meanwhile"])(
  "a deploy whose revision was given before a snapshot was restored in the middle of a rollout is done: %s",
  async (when) => {
    const fleet = await servingFleet(names, { service: { bakeSeconds: 60 } });
    fleet.announce(aDeploy(2));
    await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);

    // The snapshot does not have the second deploy.
    for (const key of fleet.consul.keys(keys.rollout("web", 2))) fleet.consul.remove(key);
    fleet.announce(aDeploy(1));
    const isCoordinated = () => fleet.consul.text(keys.rolloutCoordinator("web", 2)) !== undefined;
    await fleet.until(
      "a rollout that goes on, and its coordinator",
      () => fleet.rollout(2) !== undefined && isCoordinated(),
    );
    const next = aDeploy(3, { revision: 2 });
    const written = deployOperations(await readDeploy(fleet.consul, "web"), next, "x");
    // Agents may rewrite what the writer deletes before they hear of it.
    if (when.startsWith("an agent")) fleet.announce(next);
    else expect(await fleet.consul.write(written)).toBe(true);

    await fleet.ends(2, "done");
    const release = aDeploy(3).release.id;
    expect(fleet.serving()).toEqual(Object.fromEntries(names.map((name) => [name, [release]])));
    expect(fleet.good()?.release.id).toBe(release);
  },
);

test("after an older snapshot was restored, each instance reports that it runs something newer", async () => {
  const fleet = await servingFleet(names);
  const restore = fleet.snapshot();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");

  restore();
  await fleet.pass(30);

  const { id } = aDeploy(2).release;
  for (const name of names) {
    expect(fleet.report(1, name)).toMatchObject({
      phase: "runs newer",
      runs: { revision: 2, release: id },
    });
  }
  expect(fleet.serving()).toEqual(Object.fromEntries(names.map((name) => [name, [id]])));

  // A person decides.
  fleet.announce(aDeploy(3, { revision: 2 }));
  await fleet.ends(2, "done");
});

test("a rollout of a new epoch that is done becomes good, over a good deploy of a higher revision", async () => {
  const fleet = simulatedFleet();
  fleet.announce(aDeploy(57, { epoch: "one" }));
  await fleet.add(...names);
  await fleet.ends(57, "done");

  // A person deleted a deploy that could not be read; `good` stayed.
  fleet.announce(aDeploy(58, { revision: 1, epoch: "two", at: "2026-02-01T00:00:00.000Z" }));
  await fleet.ends(1, "done");

  expect(fleet.good()).toMatchObject({ revision: 1, epoch: "two" });
});

test("agents follow a new Consul, although the last writer of the old one had a clock a year ahead", async () => {
  const fleet = simulatedFleet();
  fleet.announce(aDeploy(1, { epoch: "one", at: "2027-01-01T00:00:00.000Z" }));
  await fleet.add(...names);
  await fleet.ends(1, "done");
  for (const key of fleet.consul.keys()) fleet.consul.remove(key);

  fleet.announce(aDeploy(2, { revision: 1, epoch: "two" }));
  await fleet.ends(1, "done");

  const { id } = aDeploy(2).release;
  expect(fleet.serving()).toEqual(Object.fromEntries(names.map((name) => [name, [id]])));
});

test.each(["its canary", "its others"])(
  "a rollout that a restored snapshot resets to the middle of %s ends again, and is good",
  async (when) => {
    const fleet = await servingFleet(names, { service: { bakeSeconds: 60 } });
    fleet.announce(aDeploy(2));
    await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);
    if (when === "its others")
      await fleet.until("the others", () => fleet.rollout(2)?.phase === "rolling");
    const restore = fleet.snapshot();
    await fleet.ends(2, "done");
    await fleet.pass(60);

    restore();
    await fleet.pass(300);

    const { id } = aDeploy(2).release;
    expect([fleet.rollout(2)?.phase, fleet.good()?.release.id]).toEqual(["done", id]);
    expect(fleet.serving()).toEqual(Object.fromEntries(names.map((name) => [name, [id]])));
  },
);

test.each(["its rollout's document", "nothing"])(
  "people are notified of newer releases when the snapshot lacks %s",
  async (what) => {
    const fleet = await servingFleet(names);
    const restore = fleet.snapshot();
    fleet.announce(aDeploy(2));
    await fleet.ends(2, "done");

    restore();
    if (what !== "nothing") fleet.consul.remove(keys.rollout("web", 1));
    await fleet.pass(120);

    const isNotified = names.some((name) =>
      fleet
        .instance(name)
        .views.some(
          ({ deploy, reports }) =>
            deploy.revision === 1 && reports.some(({ phase }) => phase === "runs newer"),
        ),
    );
    expect(isNotified).toBe(true);
  },
);

test.each([
  ["failed", false],
  ["failed", true],
  ["done", false],
  ["done", true],
] as const)(
  "keys that all vanish when a rollout is %s are not written again, with an agent starting meanwhile: %s",
  async (phase, isStarted) => {
    const behaviours = { [aDeploy(2).release.id]: { status: phase === "failed" ? 500 : 200 } };
    const service = { autoRollback: false, progressDeadlineSeconds: 60 };
    const fleet = await servingFleet(names, { service, behaviours });
    fleet.announce(aDeploy(2));
    await fleet.ends(2, phase);

    for (const key of fleet.consul.keys()) fleet.consul.remove(key);
    if (isStarted) await fleet.instance("web-2").restart();
    await fleet.pass(300);

    // An agent that waited for a lock may acquire it, because it is free now.
    const written = fleet.consul.keys().filter((key) => !key.endsWith("/coordinator"));
    expect(written).toEqual([]);
  },
);
