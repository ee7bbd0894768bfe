import { expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { aDeploy } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";

const names = ["web-1", "web-2"];

/** A fleet that serves the first deploy. */
async function servingFleet(options: Parameters<typeof simulatedFleet>[0] = {}) {
  const fleet = simulatedFleet(options);
  await fleet.add(...names);
  fleet.announce(aDeploy(1));
  await fleet.ends(1, "done");
  return fleet;
}

const all = (sequence: number) =>
  Object.fromEntries(names.map((name) => [name, [aDeploy(sequence).release.id]]));

test("an instance whose drain cannot be read counts as drained, and its report names what the roll waits for", async () => {
  const fleet = await servingFleet();
  fleet.consul.put(keys.drain("web-2"), "out for maintenance");
  fleet.announce(aDeploy(2));
  await fleet.pass(60);
  expect(fleet.report(2, "web-2")).toMatchObject({
    phase: "waiting",
    waitsFor: "web-2 to be undrained",
  });
  fleet.consul.remove(keys.drain("web-2"));
  await fleet.ends(2, "done");
});

test("a rollout whose document cannot be read waits, and names the document", async () => {
  const fleet = await servingFleet();
  fleet.announce(aDeploy(2));
  fleet.consul.put(keys.rollout("web", 2), "{");
  await fleet.pass(30);
  expect(fleet.report(2, "web-1")).toMatchObject({
    phase: "waiting",
    waitsFor: "rollouts/web/2 to be readable: it is not JSON",
  });
  expect(fleet.serving()).toEqual(all(1));
  fleet.consul.remove(keys.rollout("web", 2));
  await fleet.ends(2, "done");
  expect(fleet.report(2, "web-1")?.waitsFor).toBeUndefined();
});

test("a rollout in an unknown phase is left to agents that know the phase", async () => {
  const fleet = await servingFleet();
  fleet.announce(aDeploy(2));
  await fleet.until("a canary that is done", () => fleet.report(2, "web-1")?.phase === "done");
  const known = fleet.rollout(2);
  fleet.consul.put(keys.rollout("web", 2), JSON.stringify({ ...known, phase: "soaking" }));
  await fleet.pass(700);
  expect(fleet.rollout(2)?.phase).toBe("soaking");
  expect(fleet.report(2, "web-2")?.waitsFor).toBe(
    'a phase that this agent knows; the rollout is "soaking"',
  );
  fleet.consul.put(keys.rollout("web", 2), JSON.stringify({ ...known, phase: "rolling" }));
  await fleet.ends(2, "done");
});

test("config that cannot be passed to a process makes the roll wait", async () => {
  const fleet = await servingFleet();
  fleet.consul.put("web/NAME", Buffer.from([0x63, 0xe9]));
  fleet.announce(aDeploy(2));
  await fleet.pass(30);
  expect(fleet.report(2, "web-1")).toMatchObject({
    phase: "fetching",
    waitsFor: "web/NAME to be readable: it is not UTF-8",
  });
  fleet.consul.put("web/NAME", "café");
  await fleet.ends(2, "done");
});

test("a new instance that cannot read the last known good deploy reports so, and starts when it can", async () => {
  const fleet = await servingFleet();
  const good = fleet.consul.text(keys.good("web")) ?? "";
  fleet.consul.put(keys.good("web"), "{");
  await fleet.add("web-3");
  await fleet.pass(30);
  expect(fleet.report(1, "web-3")?.waitsFor).toBe(
    `${keys.good("web")} to be readable: it is not JSON`,
  );
  expect(fleet.serving()["web-3"]).toEqual(["out"]);
  fleet.consul.put(keys.good("web"), good);
  await fleet.until("a start", () => fleet.report(1, "web-3")?.phase === "done", 90);
});

test.each([
  [keys.good("web"), "{}"],
  [keys.deploy("web"), "{"],
])(
  "a release that fails ends its rollout without a rollback when %s cannot be read",
  async (key, text) => {
    const fleet = await servingFleet({ behaviours: { [aDeploy(2).release.id]: { status: 500 } } });
    fleet.announce(aDeploy(2));
    await fleet.until("a begin", () => fleet.rollout(2) !== undefined);
    fleet.consul.put(key, text);
    await fleet.ends(2, "failed");
    await fleet.pass(60);
    expect(fleet.consul.text(key)).toBe(text);
    expect(fleet.hold()).toBeUndefined();
    expect(fleet.serving()).toEqual(all(1));
  },
);

test("a release that fails is rolled back when the hold cannot be read, and the service stays held", async () => {
  const fleet = await servingFleet({ behaviours: { [aDeploy(2).release.id]: { status: 500 } } });
  fleet.consul.put(keys.hold("web"), "x");
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  expect(fleet.deploy()?.kind).toBe("rollback");
  expect(fleet.consul.text(keys.hold("web"))).toBe("x");
});

test("another service's deploy under this service's key is not applied", async () => {
  const fleet = await servingFleet();
  const { release, ...others } = aDeploy(2);
  const api = { ...others, service: "api", release: { ...release, id: "api-2-ccccccc" } };
  fleet.consul.put(keys.deploy("web"), JSON.stringify(api));
  await fleet.pass(60);
  expect(fleet.serving()).toEqual(all(1));
  expect(fleet.consul.keys("rollouts/api/")).toEqual([]);
});

test("a report that was overwritten after its end is written again", async () => {
  const fleet = await servingFleet();
  fleet.pause();
  fleet.announce(aDeploy(2));
  fleet.resume();
  await fleet.until("the canary's end", () => fleet.report(2, "web-1")?.phase === "done");
  fleet.consul.put(keys.rolloutInstance("web", 2, "web-1"), "left by a person");
  await fleet.ends(2, "done");
  expect(fleet.report(2, "web-1")?.phase).toBe("done");
});
