import { expect, test } from "vitest";
import { ConsulAway } from "../../lib/consul.ts";
import type { MemoryConsul } from "../../lib/testing/memory-consul.ts";
import { BeforeStep, InstanceRollout, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy } from "../testing/builders.ts";
import { fleetWithBeforeStep } from "../testing/fleet-with-before-step.ts";
import type { SimulatedMachine } from "../testing/simulated-machine/index.ts";

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

test("a step that ended while Consul was away for minutes is not told as cut when it is back", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1", "web-2"]);
  const step = (phase: "running" | "done") => ({
    ...{ schema: 2, revision: 1, release: release(1), deployedAt: aDeploy(1).at },
    ...{ instance: "web-1", phase, startedAt: clock.now().toISOString() },
  });
  const running = JSON.stringify(step("running"));
  await clock.run(clock.sleep(600_000));
  consul.put(keys.before("web"), running);
  const deploy = (await agent("web-2")).apply(aDeploy(1));
  await clock.run(clock.sleep(10_000)); // web-1 reaches Consul later than web-2
  expect(stepIn(consul).phase).toBe("running");
  consul.put(keys.before("web"), JSON.stringify(step("done")));
  await clock.run(deploy);
  expect(steps()).toEqual([]);
  expect(reportIn(consul, 1, "web-2").phase).toBe("done");
});

test("a step during which Consul is away runs once, and its deploy goes on when Consul is back", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1"], {
    [release(1)]: { before: { ms: 20_000 } },
  });
  const deploy = (await agent("web-1")).apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  consul.away(true);
  await clock.run(clock.sleep(600_000));
  // Its slot ended with its session.
  consul.away(false);
  for (const session of consul.sessions()) await consul.destroySession(session);
  await clock.run(deploy);
  expect(steps()).toEqual([release(1)]);
  expect(stepIn(consul).phase).toBe("done");
  expect(reportIn(consul, 1).phase).toBe("done");
});

test("a rollout that is paused while its step runs lets it end, and begins when it is resumed", async () => {
  const { clock, machines, agent, consul, steps } = fleetWithBeforeStep(["web-1"], {
    [release(1)]: { before: { ms: 20_000 } },
  });
  const deploy = (await agent("web-1")).apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  const pause = { schema: 2, by: "alice", reason: "to look", at: "2026-01-01T00:00:00.000Z" };
  consul.put(keys.pause("web"), JSON.stringify(pause));
  await clock.run(clock.sleep(60_000));
  expect(stepIn(consul).phase).toBe("done");
  expect(machines.get("web-1")?.serving()).not.toContain(release(1));
  consul.remove(keys.pause("web"));
  await clock.run(deploy);
  expect(steps()).toEqual([release(1)]);
  expect(reportIn(consul, 1).phase).toBe("done");
});

test("an instance that leaves while the step runs lets it end, and another one goes on with its deploy", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1", "web-2"], {
    [release(1)]: { before: { ms: 20_000 } },
  });
  const one = await agent("web-1");
  const first = one.apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  one.latest.end();
  consul.nodes("web", ["web-2"]);
  await clock.run(first);
  expect(stepIn(consul).phase).toBe("running");

  await (await agent("web-2")).deploy(aDeploy(1));
  expect(steps()).toEqual([release(1)]);
  expect(stepIn(consul)).toMatchObject({ phase: "done", instance: "web-1" });
  expect(reportIn(consul, 1, "web-2").phase).toBe("done");
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

test.each([
  ["shorter", { "web-1": 300, "web-2": 10 }],
  ["longer", { "web-1": 300, "web-2": 3600 }],
])(
  "a step on another instance is over when that one must have killed it, also where the file here has a %s timeout",
  async (_, timeouts) => {
    const slow = { [release(1)]: { before: { ms: 1_000_000 } } };
    const names = ["web-1", "web-2"];
    const { clock, agent, consul, steps } = fleetWithBeforeStep(names, slow, timeouts);
    void (await agent("web-1")).apply(aDeploy(1));
    await clock.run(clock.sleep(3000));
    for (const session of consul.sessions()) await consul.destroySession(session);
    void (await agent("web-2")).apply(aDeploy(2));
    // Its timeout of 300 s, a stop of 5 s, and a minute.
    await clock.run(clock.sleep(359_000));
    expect(steps()).toEqual([release(1)]);
    await clock.run(clock.sleep(10_000));
    expect(steps()).toEqual([release(1), release(2)]);
  },
);

/** Lets some questions about the state of the step's unit fail, by their number from 1. */
function failQuestions(machine: SimulatedMachine, fails: (question: number) => boolean): void {
  const { state } = machine.before;
  let asked = 0;
  machine.before.state = async () => {
    asked += 1;
    if (fails(asked)) throw new Error("systemctl show failed: Connection timed out");
    return state();
  };
}

test("a question that systemd does not answer while the step runs does not fail the deploy", async () => {
  const { consul, machines, agent, steps } = fleetWithBeforeStep(["web-1"], {
    [release(1)]: { before: { ms: 20_000 } },
  });
  failQuestions(machines.get("web-1") as SimulatedMachine, (asked) => asked % 3 === 1);
  await (await agent("web-1")).deploy(aDeploy(1));
  expect(reportIn(consul, 1)).toMatchObject({ phase: "done" });
  expect(steps()).toEqual([release(1)]);
});

test("a systemd that never answers while the step runs ends the deploy after minutes, with what to do", async () => {
  const { clock, consul, machines, agent } = fleetWithBeforeStep(["web-1"]);
  failQuestions(machines.get("web-1") as SimulatedMachine, (asked) => asked > 1);
  await (await agent("web-1")).deploy(aDeploy(1));
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(300_000);
  expect(reportIn(consul, 1).error).toContain("systemd has not answered");
});

test("a step that cannot be staged fails the deploy at once, and its document says so", async () => {
  const { consul, machines, agent, steps } = fleetWithBeforeStep(["web-1"]);
  const { store } = machines.get("web-1") as SimulatedMachine;
  store.stageOneShot = async () => {
    throw new Error("ENOSPC: no space left on device");
  };
  await (await agent("web-1")).deploy(aDeploy(1));
  expect(steps()).toEqual([]);
  expect(stepIn(consul)).toMatchObject({
    phase: "failed",
    error: expect.stringContaining("ENOSPC"),
  });
  expect(reportIn(consul, 1).error).toContain("ENOSPC");
});

test("a step whose files are written only after others may think it over is not started, and fails the deploy", async () => {
  const { clock, consul, machines, agent, steps } = fleetWithBeforeStep(["web-1"]);
  const { store } = machines.get("web-1") as SimulatedMachine;
  store.stageOneShot = () => clock.sleep(95_000);
  await (await agent("web-1")).deploy(aDeploy(1));
  expect(steps()).toEqual([]);
  expect(stepIn(consul)).toMatchObject({ phase: "failed" });
  expect(reportIn(consul, 1).error).toContain("its files took 95.0 s to write");
});

test("a start whose answer is lost does not fail the step that it began", async () => {
  const { consul, machines, agent, steps } = fleetWithBeforeStep(["web-1"]);
  const { before } = machines.get("web-1") as SimulatedMachine;
  const { start } = before;
  before.start = async () => {
    await start();
    throw new Error("systemctl start failed: Connection timed out");
  };
  await (await agent("web-1")).deploy(aDeploy(1));
  expect(steps()).toEqual([release(1)]);
  expect(stepIn(consul)).toMatchObject({ phase: "done" });
});

test("a claim that Consul took though its answer was lost is begun, once", async () => {
  const { consul, agent, steps } = fleetWithBeforeStep(["web-1"]);
  loseAnswers(consul, 1);
  await (await agent("web-1")).deploy(aDeploy(1));
  expect(reportIn(consul, 1)).toMatchObject({ phase: "done" });
  expect(steps()).toEqual([release(1)]);
});

test("a claim whose instance hears of it after minutes is made anew: its time counts from its begin", async () => {
  const { clock, consul, agent, steps } = fleetWithBeforeStep(["web-1"]);
  const { write } = loseAnswers(consul, 1);
  consul.write = (operations) =>
    write(operations).catch((error) => {
      consul.away(true);
      throw error;
    });
  const deploy = (await agent("web-1")).apply(aDeploy(1));
  await clock.run(clock.sleep(300_000));
  consul.away(false);
  const back = clock.now().toISOString();
  await clock.run(deploy);
  expect(steps()).toEqual([release(1)]);
  expect(stepIn(consul)).toMatchObject({ phase: "done" });
  expect(stepIn(consul).startedAt >= back).toBe(true);
});

test("a claim of a deploy that is replaced meanwhile is not written", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1"]);
  holdUpReads(consul, clock.sleep);
  const one = await agent("web-1");
  const first = one.apply(aDeploy(1));
  await clock.run(clock.sleep(1000));
  one.latest.put({ ...aDeploy(1), revision: 2, kind: "restart" });
  await clock.run(first);
  await clock.run(clock.sleep(10_000));
  expect(steps()).toEqual([]);
  expect(consul.text(keys.before("web"))).toBeUndefined();
});

test.each([
  ["is answered", (consul: MemoryConsul) => consul],
  ["gets no answer", (consul: MemoryConsul) => loseAnswers(consul, 1)],
])(
  "a claim that %s, and whose deploy is replaced meanwhile, is taken back: the next step begins",
  async (_, lose) => {
    const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1", "web-2"]);
    const one = await agent("web-1");
    const { write } = lose(consul);
    consul.write = async (operations) => {
      const isClaim = operations.some(({ verb, ...it }) => verb === "cas" && isOfStep(it));
      if (isClaim && !one.latest.replaced(aDeploy(1)).aborted) {
        // The instance leaves while Consul writes.
        one.latest.end();
      }
      return write(operations);
    };
    await clock.run(one.apply(aDeploy(1)));
    await clock.run(clock.sleep(10_000));
    expect(steps()).toEqual([]);
    expect(consul.text(keys.before("web"))).toBeUndefined();
    await (await agent("web-2")).deploy(aDeploy(1));
    expect(steps()).toEqual([release(1)]);
  },
);

test("a step whose document is lost with a restored snapshot is not stopped by the next one", async () => {
  const { clock, agent, consul, steps } = fleetWithBeforeStep(["web-1"], {
    [release(1)]: { before: { ms: 60_000 } },
  });
  const one = await agent("web-1");
  const first = one.apply(aDeploy(1));
  await clock.run(clock.sleep(3000));
  consul.remove(keys.before("web"));
  one.latest.put(aDeploy(2));
  await clock.run(first);
  await one.deploy(aDeploy(2));
  expect(steps()).toEqual([release(1), release(2)]);
  expect(clock.monotonicMs()).toBeGreaterThan(60_000);
});

test("a deploy with the revision and the release of an earlier one has a step of its own", async () => {
  const { agent, consul, steps } = fleetWithBeforeStep(["web-1", "web-2"]);
  await (await agent("web-1")).deploy(aDeploy(1));
  // Consul was restored from a snapshot, and the release was deployed again.
  await (await agent("web-2")).deploy({ ...aDeploy(1), at: "2026-02-02T02:02:02.000Z" });
  expect(steps()).toEqual([release(1), release(1)]);
  expect(stepIn(consul)).toMatchObject({ phase: "done", deployedAt: "2026-02-02T02:02:02.000Z" });
});

const isOfStep = (operation: object) => "key" in operation && operation.key === keys.before("web");

/** Consul takes the first writes of the step, and their answers are lost. */
function loseAnswers(consul: MemoryConsul, times: number): MemoryConsul {
  const { write } = consul;
  let lost = 0;
  consul.write = async (operations) => {
    const isWritten = await write(operations);
    if (!operations.some(isOfStep) || lost >= times) return isWritten;
    lost += 1;
    throw new ConsulAway({ happened: "the answer was lost", unchanged: "nothing", next: "ls" });
  };
  return consul;
}

/** Holds up the first read of the step. */
function holdUpReads(consul: MemoryConsul, sleep: (ms: number) => Promise<void>): void {
  const { get } = consul;
  let isHeldUp = false;
  consul.get = async (key, options) => {
    const read = await get(key, options);
    if (key !== keys.before("web") || isHeldUp) return read;
    isHeldUp = true;
    await sleep(2000);
    return read;
  };
}
