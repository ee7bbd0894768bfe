import { expect, test } from "vitest";
import { Deploy, formatDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy, aService } from "../testing/builders.ts";
import { servingFleet, simulatedFleet } from "../testing/simulated-fleet.ts";
import { begunRollout } from "./admission.ts";

const release = (sequence: number) => aDeploy(sequence).release.id;
const bad = (sequence: number) => ({ [release(sequence)]: { status: 500 } });

/** A fleet whose last known good is release 1, with the list of its starts emptied. */
async function goodFleet(names: readonly string[], options: Parameters<typeof simulatedFleet>[0]) {
  const fleet = await servingFleet(names, options);
  await fleet.pass(5);
  for (const name of names) fleet.instance(name).starts.length = 0;
  return fleet;
}
const three = ["web-1", "web-2", "web-3"];
const all = (names: readonly string[], sequence: number) =>
  Object.fromEntries(names.map((name) => [name, [release(sequence)]]));

test("a release that fails on the canary touches one process of one instance, and is rolled back", async () => {
  const fleet = await goodFleet(three, { behaviours: bad(2) });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  await fleet.ends(3, "done");

  const starts = three.flatMap((name) => fleet.instance(name).starts);
  expect(starts).toHaveLength(1);
  expect(fleet.serving()).toEqual(all(three, 1));
  expect(fleet.deploy()).toMatchObject({
    revision: 3,
    kind: "rollback",
    release: { id: release(1) },
    newestSequence: 2,
    by: expect.stringMatching(/^agent of web-/),
    reason: expect.stringContaining("it answered 500"),
  });
  expect(fleet.hold()?.reason).toContain(`${release(2)} failed`);
  const actions = fleet.consul
    .keys("audit/")
    .map((key) => JSON.parse(fleet.consul.text(key) ?? "").action);
  expect(actions).toEqual(
    expect.arrayContaining(["rollout failed", "deploy rollback", "rollout done"]),
  );
});

test("the other instances begin when the canary has been done and healthy for the bake time", async () => {
  const fleet = await goodFleet(three, { service: { bakeSeconds: 30 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary that is done", () =>
    three.some((name) => fleet.report(2, name)?.phase === "done"),
  );
  const { canary = "" } = fleet.rollout(2) ?? {};
  await fleet.pass(28);
  const others = three.filter((name) => name !== canary);
  for (const name of others) expect(fleet.instance(name).starts).toEqual([]);
  expect(fleet.report(2, others[0] as string)?.waitsFor).toBe(`the canary, ${canary}`);

  await fleet.ends(2, "done");
  expect(fleet.serving()).toEqual(all(three, 2));
});

test("a canary that is unhealthy after its bake fails the rollout, and only the canary is rolled back", async () => {
  const fleet = await goodFleet(three, { service: { bakeSeconds: 10 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);
  const canary = fleet.rollout(2)?.canary as string;
  fleet.ail(canary);
  await fleet.ends(3, "done");
  expect(fleet.rollout(2)?.reason).toContain(`${canary}, the canary, was not healthy`);
  for (const name of three.filter((it) => it !== canary)) {
    expect(fleet.instance(name).starts).toEqual([]);
  }
  expect(fleet.serving()).toEqual(all(three, 1));
});

test("without automatic rollback the first failure halts the fleet, and nothing is held", async () => {
  const fleet = await goodFleet(three, { behaviours: bad(2), service: { autoRollback: false } });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  await fleet.pass(60);
  expect(fleet.deploy()?.revision).toBe(2);
  expect(fleet.hold()).toBeUndefined();
  const phases = three.map((name) => fleet.report(2, name)?.phase).sort();
  expect(phases).toEqual(["failed", "halted", "halted"]);
});

test("a rollback that fails is not rolled back: the service is held and a person is called", async () => {
  const behaviours: Record<string, { status: number }> = bad(2);
  const fleet = await goodFleet(three, { behaviours });
  // The last known good release no longer starts, and two of the canary's processes have moved.
  fleet.announce(aDeploy(3));
  await fleet.ends(3, "done");
  behaviours[release(3)] = { status: 500 };
  fleet.announce(aDeploy(4, { kind: "rollback", release: aDeploy(2).release, revision: 4 }));
  await fleet.ends(4, "failed");
  await fleet.pass(120);
  expect(fleet.deploy()?.revision).toBe(4);
  expect(fleet.hold()?.reason).toMatch(/^a person is needed: .* was itself a rollback/);
});

/** Three releases that were good; the second and third are known as such. */
async function afterThree() {
  const fleet = await goodFleet(three, { service: { watchSeconds: 30 } });
  for (const sequence of [2, 3]) {
    fleet.announce(aDeploy(sequence));
    await fleet.ends(sequence, "done");
  }
  const rollBack = (to: number) => {
    const leaves = release(3);
    fleet.announce(aDeploy(4, { kind: "rollback", release: aDeploy(to).release, leaves }));
  };
  const previous = () => fleet.consul.text(keys.previousGood("web"));
  return { fleet, rollBack, previous };
}

test("a release that a person rolled back from stops being good as soon as nothing serves it", async () => {
  const { fleet, rollBack, previous } = await afterThree();
  rollBack(2);
  await fleet.until("its watch", () => fleet.rollout(4)?.phase === "watching");
  expect(fleet.good()?.release.id).toBe(release(2));
  expect(previous()).toBeUndefined();
  await fleet.ends(4, "done");
  expect(fleet.good()?.release.id).toBe(release(2));
});

test("a rollback to an older release keeps the release that was good before the one that it leaves", async () => {
  const { fleet, rollBack, previous } = await afterThree();
  rollBack(1);
  await fleet.ends(4, "done");
  expect(fleet.good()?.release.id).toBe(release(1));
  expect(previous()).toContain(release(2));
});

test("a rollback that fails leaves the last known good release as it was, and a new instance serves it", async () => {
  const behaviours: Record<string, { status: number }> = {};
  const fleet = await goodFleet(three, { behaviours });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  behaviours[release(1)] = { status: 500 };
  fleet.announce(aDeploy(3, { kind: "rollback", release: aDeploy(1).release, leaves: release(2) }));
  await fleet.ends(3, "failed");
  await fleet.add("web-4");
  await fleet.pass(60);
  expect(fleet.serving()["web-4"]).toEqual([release(2)]);
});

test("a failure before any release was good sets a hold and writes no rollback", async () => {
  const first = simulatedFleet({ behaviours: bad(1) });
  first.announce(aDeploy(1));
  await first.add(...three);
  await first.ends(1, "failed");
  expect(first.hold()?.reason).toContain("nothing was good before");
  expect(first.deploy()?.revision).toBe(1);
});

test("a restart that fails is rolled back to the last known good environment, and held", async () => {
  const behaviours: Record<string, { status: number }> = {};
  const fleet = await goodFleet(three, { behaviours });
  const before = fleet.instance("web-1").machine.disk().serving;
  behaviours[release(1)] = { status: 500 };
  fleet.announce(aDeploy(1, { revision: 2, kind: "restart", at: "2026-01-01T05:00:00.000Z" }));
  await fleet.ends(2, "failed");
  delete behaviours[release(1)];
  await fleet.ends(3, "done");
  expect(fleet.deploy()).toMatchObject({ kind: "rollback", release: { id: release(1) } });
  expect(fleet.hold()?.reason).toContain("it answered 500");
  const environmentIds = (serving: typeof before) =>
    Object.values(serving).map((it) => it.environmentId);
  expect(environmentIds(fleet.instance("web-1").machine.disk().serving)).toEqual(
    environmentIds(before),
  );
});

test("maxFailures failures do not halt a rollout, and one more does", async () => {
  const fleet = await goodFleet(three, { service: { maxFailures: 1 } });
  const broken = fleet.instance("web-3").machine;
  broken.inject((_, name) => (name === "supervisor.start" ? "fail" : undefined));
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done", "failed");
  expect(fleet.rollout(2)).toMatchObject({ phase: "done", canary: "web-1" });
  expect(fleet.report(2, "web-3")?.phase).toBe("failed");
  expect(fleet.serving()).toEqual({ ...all(["web-1", "web-2"], 2), "web-3": [release(1)] });

  fleet
    .instance("web-2")
    .machine.inject((_, name) => (name === "supervisor.start" ? "fail" : undefined));
  fleet.announce(aDeploy(3));
  await fleet.ends(3, "failed");
});

test("a late joiner starts the last known good release, and follows when the rollout is done", async () => {
  const fleet = await goodFleet(three, { service: { bakeSeconds: 60 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);
  await fleet.add("web-4");
  await fleet.pass(30);
  expect(fleet.serving()["web-4"]).toEqual([release(1)]);
  expect(fleet.report(2, "web-4")).toMatchObject({ phase: "waiting", lateJoiner: true });

  await fleet.ends(2, "done");
  await fleet.until("web-4 followed", () => fleet.report(2, "web-4")?.phase === "done");
  expect(fleet.serving()).toEqual(all([...three, "web-4"], 2));
});

test("a late joiner keeps the last known good release when the rollout fails", async () => {
  const fleet = await goodFleet(three, { service: { bakeSeconds: 20 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);
  await fleet.add("web-4");
  fleet.ail(fleet.rollout(2)?.canary as string);
  await fleet.ends(3, "done");
  expect(fleet.serving()).toEqual(all([...three, "web-4"], 1));
  expect(fleet.instance("web-4").starts).toHaveLength(2);
});

test("late joiners apply a rollout when all instances that were there at its beginning were replaced", async () => {
  const fleet = await goodFleet(["web-1", "web-2"], { service: { bakeSeconds: 20 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary", () => fleet.rollout(2)?.canary === "web-1");
  fleet.pause();
  await fleet.add("web-3", "web-4");
  const isJoined = (name: string) => fleet.report(2, name)?.lateJoiner === true;
  await fleet.until("both joined", () => isJoined("web-3") && isJoined("web-4"));
  await fleet.remove("web-1");
  await fleet.remove("web-2");
  await fleet.pass(30);
  expect(fleet.serving()).toEqual(all(["web-3", "web-4"], 1));

  fleet.resume();
  await fleet.until("a canary of those that came", () => fleet.rollout(2)?.canary === "web-3");
  await fleet.until("its end", () => fleet.report(2, "web-3")?.phase === "done");
  await fleet.pass(18);
  expect(fleet.serving()["web-4"]).toEqual([release(1)]);
  await fleet.ends(2, "done");
  expect(fleet.rollout(2)).toMatchObject({ ownedByLateJoiners: true });
  expect(fleet.serving()).toEqual(all(["web-3", "web-4"], 2));
});

test("a canary that is replaced under the same name is no longer the canary", async () => {
  const fleet = await goodFleet(["web-1", "web-2"], { service: { bakeSeconds: 60 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary", () => fleet.rollout(2)?.canary === "web-1");
  await fleet.remove("web-1");
  await fleet.add("web-1");
  await fleet.until("another canary", () => fleet.rollout(2)?.canary === "web-2");
  await fleet.ends(2, "done");
  await fleet.until("the first followed", () => fleet.report(2, "web-1")?.phase === "done");
});

test("a new instance starts the last known good release without a slot, while another instance holds it", async () => {
  const fleet = await goodFleet(three, {});
  await fleet.consul.write([
    {
      verb: "lock",
      key: "slots/web/1",
      value: '{"instance":"x"}',
      session: await fleet.consul.createSession("x", 15),
    },
  ]);
  await fleet.add("web-4");
  await fleet.until("web-4 serves", () => fleet.serving()["web-4"]?.[0] === release(1), 60);
});

test("a canary that leaves is replaced by another instance", async () => {
  const fleet = await goodFleet(three, { service: { bakeSeconds: 10, startTimeoutSeconds: 20 } });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);
  const canary = fleet.rollout(2)?.canary as string;
  await fleet.remove(canary);
  await fleet.ends(2, "done");
  expect(fleet.serving()).toEqual(
    all(
      three.filter((name) => name !== canary),
      2,
    ),
  );
});

test("an instance that shuts down and can start nothing is skipped, and does not fail the rollout", async () => {
  const fleet = await goodFleet(["web-1", "web-2"], {});
  fleet.instance("web-1").machine.shutDown();
  fleet.announce(aDeploy(2));
  await fleet.until("the end of its roll", () => fleet.report(2, "web-1")?.phase === "superseded");
  expect(fleet.rollout(2)).toMatchObject({ phase: "canary", canary: "web-1" });

  await fleet.remove("web-1");
  await fleet.ends(2, "done");
  expect(fleet.serving()).toEqual(all(["web-2"], 2));
});

test("another agent takes over from a killed coordinator, and notifies of the end", async () => {
  const fleet = await goodFleet(three, { service: { bakeSeconds: 30 } });
  fleet.announce(aDeploy(2));
  const views = (name: string) =>
    fleet.instance(name).views.filter((view) => view.deploy.revision === 2);
  const coordinators = () => three.filter((name) => views(name).length > 0);
  await fleet.until(
    "a coordinator and a canary that is done",
    () =>
      coordinators().length > 0 && three.some((name) => fleet.report(2, name)?.phase === "done"),
  );
  const [coordinator = ""] = coordinators();
  await fleet.remove(coordinator);
  await fleet.ends(2, "done");
  await fleet.pass(10);
  const others = three.filter((name) => name !== coordinator);
  const successor = others.find((name) => views(name).length > 0) as string;
  expect(views(successor).at(-1)?.rollout.phase).toBe("done");
  expect(views(successor).at(-1)?.good?.revision).toBe(1);
});

test("the bake ends and the rollout goes on without a coordinator", async () => {
  const fleet = await goodFleet(three, { service: { bakeSeconds: 10 } });
  const session = await fleet.consul.createSession("one that does nothing", 15);
  const key = "rollouts/web/2/coordinator";
  await fleet.consul.write([{ verb: "lock", key, value: '{"instance":"none"}', session }]);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  expect(fleet.serving()).toEqual(all(three, 2));
});

test("the progress deadline halts a rollout without a coordinator, and the reason names which instances wait for what", async () => {
  const fleet = await goodFleet(three, { service: { minHealthy: "100%" } });
  fleet.ail("web-9");
  fleet.consul.nodes("web", [...three, "web-9"], ["web-9"]);
  const session = await fleet.consul.createSession("one that does nothing", 15);
  const key = "rollouts/web/2/coordinator";
  await fleet.consul.write([{ verb: "lock", key, value: '{"instance":"none"}', session }]);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "halted");
  expect(fleet.rollout(2)?.reason).toContain("no progress for 600 s");
  expect(fleet.rollout(2)?.reason).toContain(
    "web-1, web-2, web-3 are waiting for healthy instances: 3 of 4 are, minHealthy is 100%",
  );
  expect(fleet.serving()).toEqual(all(three, 1));
});

test("an unhealthy instance may roll below minHealthy, because it costs no capacity", async () => {
  const fleet = await goodFleet(three, { service: { minHealthy: "100%" } });
  fleet.ail("web-2");
  fleet.announce(aDeploy(2));
  await fleet.until("web-2 is done", () => fleet.report(2, "web-2")?.phase === "done");
  expect(fleet.rollout(2)?.canary).toBe("web-2");
  fleet.ail();
  await fleet.ends(2, "done");
});

test("a newer deploy in the middle of a rollout reaches the whole fleet, and the older rollout names it", async () => {
  const fleet = await goodFleet(three, {});
  fleet.announce(aDeploy(2));
  await fleet.until("the canary is done", () =>
    three.some((name) => fleet.report(2, name)?.phase === "done"),
  );
  fleet.announce(aDeploy(3));
  await fleet.ends(3, "done");
  await fleet.pass(5);
  expect(fleet.serving()).toEqual(all(three, 3));
  expect(fleet.rollout(2)).toMatchObject({
    phase: "halted",
    reason: "revision 3 took its place",
  });
});

test("a rollout that was replaced before it had a coordinator is ended by the next rollout's coordinator", async () => {
  const fleet = await goodFleet(three, {});
  const [deployKey, rolloutKey] = [keys.rolloutDeploy("web", 2), keys.rollout("web", 2)];
  const begun = begunRollout(aService(), "web-1", new Date());
  fleet.consul.put(deployKey, formatDocument(Deploy, deployKey, aDeploy(2)));
  fleet.consul.put(rolloutKey, formatDocument(Rollout, rolloutKey, begun));
  fleet.announce(aDeploy(3));
  await fleet.ends(3, "done");
  await fleet.until("the end of the former one", () => fleet.rollout(2)?.phase === "halted");
  expect(fleet.rollout(2)).toMatchObject({ reason: "revision 3 took its place", supersededBy: 3 });
});

test("a paused rollout stops before its next process, and goes on however late it is resumed", async () => {
  const fleet = await goodFleet(three, { service: { parallel: 1, processes: 3 } });
  fleet.announce(aDeploy(2));
  await fleet.until("one process of the canary", () =>
    three.some((name) => fleet.instance(name).starts.length === 1),
  );
  fleet.pause();
  await fleet.pass(1200);
  const starts = three.flatMap((name) => fleet.instance(name).starts);
  expect(starts.length).toBeLessThanOrEqual(2);
  expect(fleet.rollout(2)?.phase).toBe("canary");
  fleet.resume();
  await fleet.ends(2, "done");
});

test("a drained instance is skipped, counts as unavailable, and follows when the drain ends", async () => {
  const fleet = await goodFleet(three, { service: { maxUnavailable: 2 } });
  fleet.drain("web-2", 300);
  fleet.announce(aDeploy(2));
  let most = 0;
  await fleet.until("the rollout is done", () => {
    const rolling = three.filter((name) => fleet.report(2, name)?.phase === "rolling");
    most = Math.max(most, rolling.length);
    return fleet.rollout(2)?.phase === "done";
  });
  expect(most).toBe(1);
  expect(fleet.serving()["web-2"]).toEqual([release(1)]);
  await fleet.until("web-2 followed", () => fleet.report(2, "web-2")?.phase === "done", 600);
});

test("a percentage of the healthy instances may roll at once", async () => {
  const names = [...three, "web-4"];
  const fleet = await goodFleet(names, { service: { maxUnavailable: "50%", canary: 0 } });
  fleet.announce(aDeploy(2));
  let most = 0;
  await fleet.until("the rollout is done", () => {
    const rolling = names.filter((name) => fleet.report(2, name)?.phase === "rolling");
    most = Math.max(most, rolling.length);
    return fleet.rollout(2)?.phase === "done";
  });
  expect(most).toBe(2);
});

test("a slot whose holder lost its session stays taken while the holder may be in the middle of a batch", async () => {
  const fleet = await goodFleet(["web-1", "web-2"], { service: { canary: 0 } });
  fleet.announce(aDeploy(2));
  const rolling = () =>
    ["web-1", "web-2"].filter((name) => fleet.report(2, name)?.phase === "rolling");
  await fleet.until("one rolls", () => rolling().length === 1);
  const [first = ""] = rolling();
  await fleet.instance(first).kill();
  const second = first === "web-1" ? "web-2" : "web-1";
  await fleet.pass(15);
  expect(fleet.instance(second).starts).toEqual([]);
  expect(fleet.report(2, second)?.waitsFor).toBe(`a slot: maxUnavailable is 1, out are ${first}`);
  await fleet.until("the other goes on", () => fleet.report(2, second)?.phase === "done", 60);
});

test("an instance reports that it rolls when its slot is proven, not when it asks for one", async () => {
  const fleet = await goodFleet(three, {});
  fleet.announce(aDeploy(2));
  const rolling = () => three.filter((name) => fleet.report(2, name)?.phase === "rolling");
  while (fleet.rollout(2)?.phase !== "done") {
    expect(rolling().length).toBeLessThanOrEqual(1);
    await fleet.pass(0.02);
  }
  const rolls = three
    .map((name) => fleet.report(2, name))
    .map((it) => [it?.startedAt, it?.endedAt]);
  const times = rolls.sort().flat();
  expect(times).toEqual([...times].sort());
});

test("waiting instances acquire their slots in the order of their names", async () => {
  const names = ["web-5", "web-2", "web-4", "web-1", "web-3"];
  const fleet = await goodFleet(names, { service: { bakeSeconds: 5 } });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  const began = (name: string) => fleet.report(2, name)?.startedAt ?? "";
  const order = [...names].sort((a, b) => (began(a) < began(b) ? -1 : 1));
  const { canary } = fleet.rollout(2) ?? {};
  expect(order).toEqual([canary, ...names.filter((name) => name !== canary).sort()]);
});

test("an agent that is killed while it waits blocks no instance after it", async () => {
  const fleet = await goodFleet(["web-1", "web-2", "web-3", "web-4"], {
    service: { bakeSeconds: 20 },
  });
  fleet.announce(aDeploy(2));
  await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);
  const { canary } = fleet.rollout(2) ?? {};
  const [first = "", ...others] = ["web-1", "web-2", "web-3", "web-4"].filter(
    (it) => it !== canary,
  );
  await fleet.until("they wait", () => fleet.report(2, first)?.phase === "waiting");
  await fleet.instance(first).kill();
  await fleet.until("the fleet is open", () => fleet.rollout(2)?.phase === "rolling");
  await fleet.until(
    "the others are done",
    () => others.every((name) => fleet.report(2, name)?.phase === "done"),
    30,
  );
  expect(fleet.report(2, first)?.phase).toBe("waiting");
});

test("with one slot and one drained instance the others wait, name it as the reason, and go on when it is undrained", async () => {
  const fleet = await goodFleet(three, {});
  fleet.drain("web-2", 300);
  fleet.announce(aDeploy(2));
  const waitsFor = () => ["web-1", "web-3"].map((name) => fleet.report(2, name)?.waitsFor);
  await fleet.until("both wait", () => waitsFor().every((it) => it !== undefined));
  await fleet.pass(100);
  const why =
    "web-2 to be undrained (shoestring undrain web-2), or for a larger maxUnavailable: it is 1, and a drained instance counts as unavailable";
  expect(waitsFor()).toEqual([why, why]);
  expect(fleet.serving()).toEqual(all(three, 1));
  await fleet.ends(2, "done");
  expect(fleet.serving()["web-1"]).toEqual([release(2)]);
});

test("at the progress deadline the reason names the drained instance that the others wait for", async () => {
  const fleet = await goodFleet(three, { service: { progressDeadlineSeconds: 60 } });
  fleet.drain("web-2", 7200);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "halted");
  expect(fleet.rollout(2)?.reason).toMatch(
    /^no progress for 60 s; web-1, web-3 are waiting for web-2 to be undrained \(shoestring undrain web-2\), or for a larger maxUnavailable/,
  );
});

test("an instance that loses its session in a batch finishes the batch, and begins another only with a new slot", async () => {
  const names = ["web-1", "web-2"];
  const fleet = await goodFleet(names, {
    service: { canary: 0, processes: 3, parallel: 1, startTimeoutSeconds: 5 },
    behaviours: { [release(2)]: { bootMs: 1000 } },
  });
  const slot = async () => (await fleet.consul.get("slots/web/1")).found?.session;
  const moving = () =>
    names.filter((name) => Object.keys(fleet.instance(name).machine.disk().moves).length > 0);
  fleet.announce(aDeploy(2));
  await fleet.until("the first process is asked", () =>
    names.some((name) => fleet.report(2, name)?.processes["1"]?.phase === "probing"),
  );
  const [holder = ""] = moving();
  const { starts, machine } = fleet.instance(holder);
  const lost = (await slot()) as string;
  fleet.consul.expireSession(lost);

  let before = starts.length;
  while (fleet.rollout(2)?.phase !== "done") {
    await fleet.pass(0.01);
    expect(moving().length).toBeLessThanOrEqual(1);
    if (starts.length === before) continue;
    before = starts.length;
    expect(machine.serving()[0]).toBe(release(2));
    expect(await slot()).toEqual(expect.any(String));
    expect(await slot()).not.toBe(lost);
  }
  expect(starts).toEqual(["1", "2", "3"]);
  expect(fleet.serving()).toEqual(all(names, 2));
});

test("an instance runs three releases only while it rolls to the newest", async () => {
  const fleet = await goodFleet(three, { service: { processes: 4, parallel: 1 } });
  fleet.announce(aDeploy(2));
  await fleet.until("the canary's second process is started", () =>
    three.some((name) => fleet.instance(name).starts.length === 2),
  );
  fleet.announce(aDeploy(3));
  let mixedSamples = 0;
  while (fleet.rollout(3)?.phase !== "done") {
    const mixed = three.filter((name) => fleet.serving()[name]?.length === 3);
    for (const name of mixed) expect(fleet.report(3, name)?.phase).toBe("rolling");
    mixedSamples += mixed.length;
    await fleet.pass(0.1);
  }
  const rollMs = three.map((name) => {
    const { startedAt = "", endedAt = "" } = fleet.report(3, name) ?? {};
    return Date.parse(endedAt) - Date.parse(startedAt);
  });
  expect(mixedSamples).toBeGreaterThan(0);
  expect(mixedSamples * 100).toBeLessThan(Math.max(...rollMs));
  expect(fleet.serving()).toEqual(all(three, 3));
});

test("no roll begins while instances are being replaced and minHealthy is all of them", async () => {
  const fleet = await goodFleet([...three, "web-4"], {
    service: { minHealthy: 4, processes: 4, parallel: 1 },
  });
  let registered = [...three, "web-4"];
  let ailing: readonly string[] = [];
  const rolling = () => registered.filter((name) => fleet.report(2, name)?.phase === "rolling");
  const out = () => 4 - registered.filter((name) => !ailing.includes(name)).length;
  /** One instance leaves; another joins, and is healthy some time later. */
  const replace = async (former: string, next: string) => {
    await fleet.remove(former);
    registered = registered.filter((name) => name !== former);
    await samples(40);
    fleet.ail(next);
    ailing = [next];
    await fleet.add(next);
    registered = [...registered, next];
    await samples(40);
    fleet.ail();
    ailing = [];
    await samples(5);
  };
  let most = 0;
  const samples = async (count: number) => {
    for (let i = 0; i < count; i += 1) {
      const before = rolling();
      await fleet.pass(0.1);
      const begun = rolling().filter((name) => !before.includes(name));
      if (out() > 0) expect(begun).toEqual([]);
      expect(rolling().length).toBeLessThanOrEqual(1);
      most = Math.max(most, rolling().length + out());
    }
  };
  fleet.announce(aDeploy(2));
  await fleet.until("the canary is done", () => fleet.rollout(2)?.phase === "rolling");
  await fleet.until("another rolls", () => rolling().length === 1);
  const [first = "", second = ""] = registered.filter(
    (name) => fleet.report(2, name)?.phase === "waiting",
  );
  await replace(first, "web-5");
  expect(most).toBe(2); // the roll in progress ends
  most = 0;
  await fleet.until("nobody rolls", () => rolling().length === 0);
  await replace(second, "web-6");
  expect(most).toBe(1);
  await fleet.ends(2, "done");
  await fleet.until("those that came followed", () =>
    registered.every((name) => fleet.report(2, name)?.phase === "done"),
  );
  expect(fleet.serving()).toEqual(all(registered, 2));
});
