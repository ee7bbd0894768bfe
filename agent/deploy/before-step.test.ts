import { expect, test } from "vitest";
import type { MemoryConsul } from "../../lib/testing/memory-consul.ts";
import { BeforeStep, InstanceRollout, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy } from "../testing/builders.ts";
import { fleetWithBeforeStep } from "../testing/fleet-with-before-step.ts";

const release = (sequence: number) => aDeploy(sequence).release.id;

const stepIn = (consul: MemoryConsul) =>
  parseDocument(BeforeStep, "before", consul.text(keys.before("web")) ?? "");
const reportIn = (consul: MemoryConsul, revision: number, name = "web-1") =>
  parseDocument(
    InstanceRollout,
    "report",
    consul.text(keys.rolloutInstance("web", revision, name)) ?? "",
  );

test("the step runs once for a deploy, before anything of the release starts, whatever the number of instances", async () => {
  const { consul, machines, agent, steps } = fleetWithBeforeStep(["web-1", "web-2"]);
  const [one, two] = [await agent("web-1"), await agent("web-2")];
  await one.deploy(aDeploy(1));
  await two.deploy(aDeploy(1));

  expect(steps()).toEqual([release(1)]);
  expect(stepIn(consul)).toMatchObject({ revision: 1, instance: "web-1", phase: "done" });
  for (const machine of machines.values())
    expect(new Set(machine.serving())).toEqual(new Set([release(1)]));
  const names = reportIn(consul, 1).steps?.map(({ step }) => step);
  expect(names).toEqual(expect.arrayContaining(["prepare", "before"]));
});

test("two instances that begin at once run the step once: the other one waits for it", async () => {
  const { clock, agent, steps } = fleetWithBeforeStep(["web-1", "web-2"], {
    [release(1)]: { before: { ms: 5000 } },
  });
  const [one, two] = [await agent("web-1"), await agent("web-2")];
  await clock.run(Promise.all([one.apply(aDeploy(1)), two.apply(aDeploy(1))]));
  expect(steps()).toEqual([release(1)]);
});

test("a step that fails ends the deploy: nothing of the release starts, and the report has its last lines", async () => {
  const { consul, machines, agent } = fleetWithBeforeStep(["web-1"], {
    [release(2)]: { before: { fails: true }, lines: ["migrating", "ERROR: no such column"] },
  });
  const one = await agent("web-1");
  await one.deploy(aDeploy(1));
  await one.deploy(aDeploy(2));

  expect(reportIn(consul, 2)).toMatchObject({ phase: "failed" });
  expect(reportIn(consul, 2).error).toBe(
    `the step before ${release(2)} (bin/migrate) failed: it exited with status 1; its log: ERROR: no such column`,
  );
  expect(stepIn(consul)).toMatchObject({
    phase: "failed",
    output: ["migrating", "ERROR: no such column"],
  });
  const rollout = parseDocument(Rollout, "rollout", consul.text(keys.rollout("web", 2)) ?? "");
  expect(rollout.phase).toBe("failed");
  const serving = machines.get("web-1")?.serving();
  expect(new Set(serving)).toEqual(new Set([release(1)]));
});

test("a rollback and a restart have no step before", async () => {
  const { agent, steps } = fleetWithBeforeStep(["web-1"]);
  const one = await agent("web-1");
  await one.deploy(aDeploy(1));
  await one.deploy(aDeploy(2));
  await one.deploy({ ...aDeploy(1), revision: 3, kind: "rollback" });
  await one.deploy({ ...aDeploy(1), revision: 4, kind: "restart" });
  expect(steps()).toEqual([release(1), release(2)]);
});

test("an agent that is killed while the step runs is followed by one that waits for the same run", async () => {
  const { clock, machines, agent, steps, consul } = fleetWithBeforeStep(["web-1"], {
    [release(1)]: { before: { ms: 10_000 } },
  });
  const one = await agent("web-1");
  void one.apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  expect(steps()).toEqual([release(1)]);
  machines.get("web-1")?.newAgent();

  await (await agent("web-1")).deploy(aDeploy(1));
  expect(steps()).toEqual([release(1)]);
  expect(stepIn(consul).phase).toBe("done");
});

test("a machine that is cut while the step runs fails the deploy: nobody knows how far it came", async () => {
  const { clock, machines, agent, consul } = fleetWithBeforeStep(["web-1"], {
    [release(1)]: { before: { ms: 10_000 } },
  });
  const one = await agent("web-1");
  void one.apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  machines.get("web-1")?.cutPower();

  await (await agent("web-1")).deploy(aDeploy(1));
  expect(stepIn(consul)).toMatchObject({ phase: "failed" });
  expect(reportIn(consul, 1).error).toContain("it was cut");
});

test("a newer deploy does not stop the step: its own begins when that has ended", async () => {
  const { clock, agent, steps, consul } = fleetWithBeforeStep(["web-1"], {
    [release(1)]: { before: { ms: 10_000 } },
  });
  const one = await agent("web-1");
  const first = one.apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  const second = one.latest.replaced(aDeploy(1));
  expect(second.aborted).toBe(false);
  one.latest.put(aDeploy(2));
  await clock.run(first);
  expect(stepIn(consul)).toMatchObject({ revision: 1, phase: "running" });

  await one.deploy(aDeploy(2));
  expect(steps()).toEqual([release(1), release(2)]);
  expect(stepIn(consul)).toMatchObject({ revision: 2, phase: "done" });
  expect(clock.monotonicMs()).toBeGreaterThan(10_000);
});

test("a step whose instance is gone keeps the next deploy from its own until it must have ended", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1", "web-2"], {
    [release(1)]: { before: { ms: 1_000_000 } },
  });
  void (await agent("web-1")).apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  consul.nodes("web", ["web-2"]);
  const two = await agent("web-2");
  const next = two.apply(aDeploy(2));
  await clock.run(clock.sleep(60_000)); // less than its timeout, a stop and a minute
  expect(steps()).toEqual([release(1)]);
  await clock.run(next);
  expect(steps()).toEqual([release(1), release(2)]);
});

test("the same deploy does not run its step again where the first instance is gone", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1", "web-2"], {
    [release(1)]: { before: { ms: 1_000_000 } },
  });
  void (await agent("web-1")).apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  consul.nodes("web", ["web-2"]);
  // The slot of the instance that is gone ends with its session.
  for (const session of consul.sessions()) await consul.destroySession(session);
  const two = await agent("web-2");
  await two.deploy(aDeploy(1));
  expect(steps()).toEqual([release(1)]);
  expect(reportIn(consul, 1, "web-2").error).toContain("it was cut");
});

test("a step on another instance is not over while systemd may still let it stop", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1", "web-2"], {
    [release(1)]: { before: { ms: 1_000_000 } },
  });
  void (await agent("web-1")).apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  for (const session of consul.sessions()) await consul.destroySession(session);
  void (await agent("web-2")).apply(aDeploy(2));
  // Its timeout of 30 s, a stop of 5 s, and a minute.
  await clock.run(clock.sleep(89_000));
  expect(steps()).toEqual([release(1)]);
  await clock.run(clock.sleep(10_000));
  expect(steps()).toEqual([release(1), release(2)]);
});
