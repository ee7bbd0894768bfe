import { describe, expect, test } from "vitest";
import { processNumbers } from "../../protocol/service-file.ts";
import { aTarget } from "../testing/builders.ts";
import {
  all,
  next,
  old,
  servingMachine,
  strategies,
  untilDeath,
} from "../testing/serving-machine.ts";
import { recover } from "./converge.ts";
import { rollInstance } from "./roll.ts";

describe.each(strategies)("%s", { timeout: 300_000 }, (strategy) => {
  test("every process gets the new release and its environment, and no old process is left", async () => {
    const { machine, agent, roll } = await servingMachine({ strategy });

    await expect(roll(await agent(), next)).resolves.toBe("done");

    expect(machine.serving()).toEqual(all(next));
    expect(machine.environments()).toEqual(Array(4).fill("hello 2"));
    expect(machine.leftovers()).toEqual([]);
    expect(machine.disk().moves).toEqual({});
    expect(machine.broken).toEqual([]);
  });

  test.each([
    ["exits at start", { exitsAtStart: true }, "it exited with status 1"],
    ["never answers", { bootMs: 1e9 }, "after 2 s, GET /ping: connection refused"],
    ["answers 500", { status: 500 }, "after 2 s, GET /ping: it answered 500"],
    ["answers as the old release", { claims: old.releaseId }, "it answered as release web-1-"],
  ])("a release that %s reaches one process and takes nothing away", async (_, behaviour, why) => {
    const { machine, agent, roll, phases } = await servingMachine(
      { strategy },
      { [next.releaseId]: behaviour },
    );
    phases.length = 0;

    await expect(roll(await agent(), next)).rejects.toThrow(why);

    expect(machine.serving()).toEqual(all(old));
    expect(machine.leftovers()).toEqual([]);
    expect(machine.disk().moves).toEqual({});
    expect(machine.broken).toEqual([]);
    expect(phases.filter((phase) => !phase.startsWith("1 "))).toEqual([]);
  });
});

describe.each(strategies)("%s, static files", (strategy) => {
  test("come first from the release that serves, and so after a release that never served", async () => {
    const { machine, agent, roll } = await servingMachine(
      { strategy },
      { [next.releaseId]: { exitsAtStart: true } },
    );
    expect(machine.staticFrom()).toBe(old.releaseId);
    await expect(roll(await agent(), next)).rejects.toThrow("it exited with status 1");
    expect(machine.staticFrom()).toBe(old.releaseId);
    await expect(roll(await agent(), aTarget(3))).resolves.toBe("done");
    expect(machine.staticFrom()).toBe(aTarget(3).releaseId);
  });

  test("come first from the release that is put back when the last step of another one failed", async () => {
    const { machine, agent, roll } = await servingMachine({ strategy });
    const context = await agent();
    let fails = 1;
    machine.inject((_, name) => (name === "gate.point" && fails-- > 0 ? "fail after" : undefined));
    await expect(roll(context, next)).rejects.toThrow("gate.point failed");
    expect(machine.serving()).toEqual(all(old));
    expect(machine.staticFrom()).toBe(old.releaseId);
  });
});

test("a worker that rolls first does not change where static files come from", async () => {
  const kinds = { worker: { count: 1 }, web: { count: 3, ping: "/ping" } };
  const { machine, agent, roll } = await servingMachine({ kinds });
  await expect(
    roll(await agent(), next, async () =>
      machine.serving()[0] === next.releaseId ? "halted" : "go on",
    ),
  ).resolves.toBe("halted");
  expect(machine.serving()).toEqual([next, old, old, old].map((it) => it.releaseId));
  expect(machine.staticFrom()).toBe(old.releaseId);
});

describe("in-place, a stop that goes on without its agent", () => {
  const slowly = { strategy: "in-place", processes: 2 } as const;
  const stopping = { [old.releaseId]: { stopMs: 3000 } };

  test("is waited for with the gate closed, and the process is started again", async () => {
    const { machine, clock, service, agent, roll } = await servingMachine(slowly, stopping);
    const context = await agent();
    machine.inject((_, name) => (name === "supervisor.stop" ? "die during" : undefined));
    await untilDeath(machine, roll(context, next));
    machine.newAgent();

    await clock.run(recover(await agent(), processNumbers(service)));
    await clock.run(clock.sleep(60_000));

    expect(machine.serving()).toEqual([old.releaseId, old.releaseId]);
    expect(machine.broken).toEqual([]);
  });

  test("is waited for where its call failed, and the process serves what it served", async () => {
    const { machine, clock, agent, roll } = await servingMachine(slowly, stopping);
    const context = await agent();
    let once = true;
    machine.inject((_, name) => {
      if (name !== "supervisor.stop" || !once) return undefined;
      once = false;
      return "fail during";
    });

    await expect(roll(context, next)).rejects.toThrow(/it is back|supervisor.stop failed/);
    await clock.run(clock.sleep(60_000));

    expect(machine.serving()).toEqual([old.releaseId, old.releaseId]);
    expect(machine.disk().moves).toEqual({});
    expect(machine.broken).toEqual([]);
  });

  test("that never ends keeps the gate closed, and the failure says so", async () => {
    const { machine, agent, roll } = await servingMachine(slowly, {
      [old.releaseId]: { stopMs: 1e9 },
    });
    const context = await agent();
    machine.inject((_, name) => (name === "supervisor.stop" ? "fail during" : undefined));

    const failure = await roll(context, next).catch((error) => error);

    expect(failure.happened).toContain("supervisor.stop failed");
    expect(failure.happened).toContain(
      "it could not be put back yet: shoestring-web@1a is still stopping",
    );
    expect(machine.serving()).toEqual(["out", old.releaseId]);
    expect(Object.keys(machine.disk().moves)).toEqual(["1"]);
    expect(machine.broken).toEqual([]);
  });
});

test("without booting ahead the first process goes alone, the others three at a time", async () => {
  const { phases, agent, roll } = await servingMachine({ bootAhead: false });
  phases.length = 0;

  await roll(await agent(), next);

  const served = phases.filter((p) => p.endsWith("serving")).indexOf("1 serving");
  expect(served).toBe(0);
  expect(phases.indexOf("2 starting")).toBeGreaterThan(phases.indexOf("1 switching"));
  expect(phases.indexOf("4 starting")).toBeLessThan(phases.indexOf("2 switching"));
});

test("a newer deploy ends the roll after the current process", async () => {
  const { machine, clock, agent } = await servingMachine({ parallel: 1 });
  let batches = 0;
  const acquireSlot = async () => (++batches > 2 ? ("superseded" as const) : ("go on" as const));

  const end = await clock.run(rollInstance(await agent(), next, acquireSlot, () => {}));

  expect(end).toBe("superseded");
  expect(machine.serving()).toEqual([next, next, old, old].map((t) => t.releaseId));
  expect(machine.broken).toEqual([]);
});

test("a process that crashes while another one rolls comes back with its own release", async () => {
  const { machine, clock, agent, roll } = await servingMachine({ parallel: 1 });
  const context = await agent();
  const crashed = { ...context.gate };
  let once = false;
  context.gate.point = async (front, worker) => {
    await crashed.point(front, worker);
    if (!once) machine.crash({ n: 4, side: "a" });
    once = true;
  };

  await roll(context, next);
  await clock.run(clock.sleep(500));

  expect(machine.serving()).toEqual(all(next));
});
