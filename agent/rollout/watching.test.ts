import { expect, test } from "vitest";
import type { InstanceRollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy, aService, silentLog } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";
import { noTracing } from "../trace/tracing.ts";
import { commitTransition, reportFailure } from "./commit-transition.ts";
import { readFleet } from "./fleet-snapshot.ts";
import { nothingElapsed } from "./next-phase.ts";
import { StatusWriter } from "./status-writer.ts";

const release = (sequence: number) => aDeploy(sequence).release.id;
const three = ["web-1", "web-2", "web-3"];

/** A fleet whose last known good is release 1, with a watch of one minute. */
async function watchedFleet(
  names: readonly string[] = three,
  service: NonNullable<Parameters<typeof simulatedFleet>[0]>["service"] = {},
) {
  const fleet = simulatedFleet({ service: { watchSeconds: 60, ...service } });
  fleet.announce(aDeploy(1));
  await fleet.add(...names);
  await fleet.ends(1, "done");
  await fleet.pass(5);
  return fleet;
}

const failed = (was: InstanceRollout): InstanceRollout => ({
  ...was,
  phase: "failed",
  error: "process 1 restarted by itself: it exited with status 1",
});

const restarted =
  (restarts: number) =>
  (was: InstanceRollout): InstanceRollout => ({
    ...was,
    processes: Object.fromEntries(
      Object.entries(was.processes).map(([n, it]) => [n, { ...it, restarts }]),
    ),
  });

test("the watch begins when every process serves, and the release is good at its end, not before", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  expect(Object.values(fleet.serving()).flat()).toEqual(three.map(() => release(2)));
  const { servedAt = "", watchedUntil = "", endedAt } = fleet.rollout(2) ?? {};
  expect(Date.parse(watchedUntil) - Date.parse(servedAt)).toBe(60_000);
  expect(endedAt).toBeUndefined();

  await fleet.pass(59);
  expect(fleet.rollout(2)?.phase).toBe("watching");
  expect(fleet.good()?.revision).toBe(1);

  await fleet.pass(4);
  expect(fleet.rollout(2)).toMatchObject({ phase: "done", servedAt });
  expect(fleet.good()?.revision).toBe(2);
});

test("a rollout without a watch is done as soon as every process serves", async () => {
  const fleet = await watchedFleet(three, { watchSeconds: 0 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching", "done");
  const { phase, servedAt, endedAt } = fleet.rollout(2) ?? {};
  expect([phase, servedAt]).toEqual(["done", endedAt]);
});

test("an instance that fails in the watch fails the rollout, which is rolled back, held and was never good", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  await fleet.pass(50);
  fleet.reports(2, "web-3", failed);
  await fleet.ends(3, "watching");

  expect(fleet.rollout(2)).toMatchObject({
    phase: "failed",
    reason: "web-3: process 1 restarted by itself: it exited with status 1",
  });
  expect(fleet.deploy()).toMatchObject({ kind: "rollback", release: { id: release(1) } });
  expect(fleet.hold()?.reason).toContain(`${release(2)} failed: web-3: process 1 restarted`);
  expect(Object.values(fleet.serving()).flat()).toEqual(three.map(() => release(1)));
  expect(fleet.good()?.revision).toBe(1);
  await fleet.ends(3, "done");
});

test("maxFailures instances may fail in the watch, but the canary may not", async () => {
  const fleet = await watchedFleet(three, { maxFailures: 1 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  const { canary = "" } = fleet.rollout(2) ?? {};
  const [other = ""] = three.filter((name) => name !== canary);
  fleet.reports(2, other, failed);
  await fleet.pass(30);
  expect(fleet.rollout(2)?.phase).toBe("watching");

  fleet.reports(2, canary, failed);
  await fleet.ends(2, "failed");
});

test("a canary that fails while it bakes fails the rollout before any other instance rolls", async () => {
  const fleet = await watchedFleet(three, { bakeSeconds: 30 });
  for (const name of three) fleet.instance(name).starts.length = 0;
  fleet.announce(aDeploy(2));
  const canary = () => fleet.rollout(2)?.canary ?? "";
  await fleet.until("a canary that bakes", () => fleet.report(2, canary())?.phase === "done");
  fleet.reports(2, canary(), failed);
  await fleet.ends(2, "failed");
  for (const name of three.filter((it) => it !== canary())) {
    expect(fleet.instance(name).starts).toEqual([]);
  }
});

test("the watch needs no coordinator, and a Consul that is away only makes it longer", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  const key = fleet.consul.keys("rollouts/web/2/").find((it) => it.endsWith("/coordinator")) ?? "";
  const { instance: coordinator } = JSON.parse(fleet.consul.text(key) ?? "{}");
  await fleet.remove(coordinator);
  await fleet.pass(20);
  fleet.consul.away(true);
  await fleet.pass(60);
  fleet.consul.away(false);
  await fleet.ends(2, "done");
  expect(fleet.good()?.revision).toBe(2);
});

test("agents that all restart during the watch begin it again, so that it ends later and never earlier", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  await fleet.pass(50);
  for (const name of three) await fleet.instance(name).restart();
  await fleet.pass(55);
  expect(fleet.rollout(2)?.phase).toBe("watching");
  await fleet.until("the end", () => fleet.rollout(2)?.phase === "done", 60);
});

test("agents that all restart during their rolls coordinate on, and the watch ends on time", async () => {
  const fleet = await watchedFleet(three, { watchSeconds: 1 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "rolling");
  for (const name of three) await fleet.instance(name).restart();
  await fleet.ends(2, "watching");
  await fleet.pass(8); // the others look every 5 s
  expect(fleet.rollout(2)?.phase).toBe("done");
});

test("a watch whose coordinator is lost ends as soon as the lost lock is free", async () => {
  const fleet = await watchedFleet(three, { watchSeconds: 1 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "rolling");
  const lock = fleet.consul.text(keys.rolloutCoordinator("web", 2)) ?? "";
  const { instance } = JSON.parse(lock);
  await fleet.remove(instance, 15);
  await fleet.ends(2, "watching");
  await fleet.pass(25); // the rest of the session's time, its lock delay, and the watch
  expect(fleet.rollout(2)?.phase).toBe("done");
});

test("a clock that is set forward during the watch does not shorten it", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  for (const name of three) fleet.instance(name).stepClock(3600);
  await fleet.pass(55);
  expect(fleet.rollout(2)?.phase).toBe("watching");
  await fleet.ends(2, "done");
});

test("an instance that joins in the watch runs the last known good release, and follows when the watch ends", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  await fleet.add("web-4");
  await fleet.pass(30);
  expect(fleet.serving()["web-4"]).toEqual([release(1)]);
  expect(fleet.report(2, "web-4")?.waitsFor).toContain("the rollout, in whose middle it came");
  await fleet.ends(2, "done");
  await fleet.until("web-4 followed", () => fleet.report(2, "web-4")?.phase === "done");
});

test("an instance that leaves in the watch does not fail it", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  await fleet.remove("web-2");
  await fleet.ends(2, "done", "failed", "halted");
  expect(fleet.rollout(2)?.phase).toBe("done");
});

test("late joiners apply a watched rollout when all instances that served it left, and are watched in turn", async () => {
  const fleet = await watchedFleet(["web-1", "web-2"]);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  await fleet.add("web-3", "web-4");
  await fleet.pass(20);
  await fleet.remove("web-1");
  await fleet.remove("web-2");
  await fleet.until("the rollout is theirs", () => fleet.rollout(2)?.ownedByLateJoiners === true);
  expect(fleet.rollout(2)?.phase).toBe("rolling");
  expect(fleet.good()?.revision).toBe(1);
  await fleet.ends(2, "done");
  expect(fleet.serving()).toEqual({ "web-3": [release(2)], "web-4": [release(2)] });
});

test("an instance that is undrained in the watch rolls in it, and its failure fails the rollout", async () => {
  const fleet = await watchedFleet(three, { maxUnavailable: 2 });
  fleet.drain("web-3", 3600);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  fleet
    .instance("web-3")
    .machine.inject((_, name) => (name === "supervisor.start" ? "fail" : undefined));
  fleet.consul.remove("drains/web-3");
  await fleet.ends(2, "failed");
  expect(fleet.rollout(2)?.reason).toContain("web-3: ");
});

test("a newer deploy ends the watch at once, and the deploy that it replaced is not good", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  await fleet.pass(10);
  fleet.announce(aDeploy(3));
  await fleet.ends(3, "watching");
  expect(fleet.rollout(2)).toMatchObject({ phase: "halted", supersededBy: 3 });
  expect(fleet.good()?.revision).toBe(1);
  await fleet.ends(3, "done");
  expect(fleet.good()?.revision).toBe(3);
});

test("neither the progress deadline nor a pause ends or stops the watch", async () => {
  const fleet = await watchedFleet(three, { watchSeconds: 300, progressDeadlineSeconds: 60 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  fleet.pause();
  await fleet.pass(290);
  expect(fleet.rollout(2)?.phase).toBe("watching");
  await fleet.until("the end", () => fleet.rollout(2)?.phase === "done", 20);
});

test("a rollback is watched, and a person is called when the last known good release crash-loops", async () => {
  const fleet = await watchedFleet();
  fleet.reports(1, "web-1", restarted(7));
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  fleet.reports(2, "web-1", failed);
  await fleet.ends(3, "watching");
  const named = `${release(1)} restarted 14 times by itself before`;
  expect(fleet.deploy()?.reason).toContain(named);
  expect(fleet.hold()?.reason).toContain(named);

  fleet.reports(3, "web-2", failed);
  await fleet.ends(3, "failed");
  await fleet.pass(60);
  expect(fleet.deploy()?.revision).toBe(3);
  const audited = fleet.consul
    .keys("audit/")
    .map((key) => JSON.parse(fleet.consul.text(key) ?? "").reason);
  expect(audited).toContainEqual(
    expect.stringMatching(/^a person is needed: .* was itself a rollback .*web-2: process 1/),
  );
});

test("an old release that crash-loops does not stop the rollout of a better one", async () => {
  const fleet = await watchedFleet();
  for (const name of three) fleet.reports(1, name, restarted(40));
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done", "failed", "halted");
  expect(fleet.rollout(2)?.phase).toBe("done");
  expect(fleet.good()?.revision).toBe(2);
});

test("a failure that is reported after the watch was judged over, but before that is written, still counts", async () => {
  const fleet = await watchedFleet();
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "watching");
  for (const name of three) await fleet.instance(name).kill();
  const { consul, clock } = fleet;
  const on = {
    ...{ consul, clock, instance: "web-1", log: silentLog, tracing: noTracing },
    service: aService({ watchSeconds: 60, autoRollback: true }),
    statusWriter: new StatusWriter({ consul, clock, log: silentLog }),
  };
  const view = await readFleet(consul, aDeploy(2), clock.now);
  const web3 = fleet.report(2, "web-3") as InstanceRollout;
  expect(await reportFailure(on, aDeploy(2), failed(web3))).toBe(true);

  const elapsed = { ...nothingElapsed, watchedMs: 60_000 };
  await commitTransition(on, aDeploy(2), { view, elapsed });

  expect(fleet.rollout(2)?.phase).toBe("failed");
  expect(fleet.good()?.revision).toBe(1);
});
