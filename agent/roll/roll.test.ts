import { describe, expect, test } from "vitest";
import type { ProcessPhase } from "../../protocol/documents.ts";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import { servingByJournal } from "../core/routes.ts";
import type { ServiceState } from "../core/state.ts";
import { aTarget } from "../testing/builders.ts";
import { rolledMachine } from "../testing/rolled-machine.ts";
import {
  type Behaviour,
  deaths,
  type Fault,
  type FaultKind,
  failures,
  type SimulatedMachine,
} from "../testing/simulated-machine.ts";
import type { Context } from "./context.ts";
import { recover } from "./converge.ts";
import { rollInstance, type Target } from "./roll.ts";

const old = aTarget(1);
const next = aTarget(2);
const strategies = ["overlap", "in-place"] as const;

/** A machine on which release 1 serves, and what its agents report. */
async function servingMachine(
  differs: Partial<ServiceFile> = {},
  behaviours: Readonly<Record<string, Behaviour>> = {},
) {
  const phases: string[] = [];
  let cut = 0;
  const told: Partial<Context> = {
    tell: (n: number, phase: ProcessPhase) => void phases.push(`${n} ${phase}`),
    countConnectionsCut: (n: number) => {
      cut += n;
    },
  };
  const on = await rolledMachine(old, { service: differs, behaviours, context: () => told });
  return { ...on, phases, cut: () => cut };
}

/** Runs until the work ends or the agent dies in it. */
async function untilDeath(machine: SimulatedMachine, work: Promise<unknown>) {
  const death = new Promise<"died">((resolve) => {
    const look = () => (machine.isDead() ? resolve("died") : setImmediate(look));
    look();
  });
  return Promise.race([
    work.then(
      () => "ended",
      () => "failed",
    ),
    death,
  ]);
}

const all = (target: Target) => Array.from({ length: 4 }, () => target.releaseId);

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

  test("a failed step, whichever it is, leaves every process on exactly one release", async () => {
    await atEveryEffect(strategy, failures, async ({ machine, agent, roll, inject }) => {
      const context = await agent();
      machine.inject(inject);
      await roll(context, next).catch(() => undefined);
      machine.newAgent();
      // The next start or the next roll puts back what could not be put back at once.
      await roll(await agent(), next);
      expect(machine.serving()).toEqual(all(next));
      expect(machine.leftovers()).toEqual([]);
    });
  });

  test("an agent killed at any moment finishes or undoes the step when it starts again", async () => {
    await atEveryEffect(strategy, deaths, async (at) => {
      const { machine, clock, service, agent, roll, inject } = at;
      const context = await agent();
      machine.inject(inject);
      await untilDeath(machine, roll(context, next));
      machine.newAgent();

      const journal = machine.disk();

      const successor = await agent();
      await clock.run(recover(successor, processNumbers(service)));
      expectAsJournalled(machine, service, journal);

      await roll(successor, next);
      expectAsJournalled(machine, service, machine.disk());
      expect(machine.serving()).toEqual(all(next));
    });
  });

  test("a machine cut at any moment comes back with each process as the journal has it", async () => {
    await atEveryEffect(strategy, deaths, async (at) => {
      const { machine, clock, service, agent, roll, inject } = at;
      const context = await agent();
      machine.inject(inject);
      await untilDeath(machine, roll(context, next));
      machine.cutPower();
      const journal = machine.disk();

      const successor = await agent();
      await clock.run(recover(successor, processNumbers(service)));
      expectAsJournalled(machine, service, journal);

      machine.nowServing();
      await roll(successor, next);
      expectAsJournalled(machine, service, machine.disk());
      expect(machine.serving()).toEqual(all(next));
    });
  });
});

/** Each process serves what a journal says, with its environment, and nothing is under way. */
function expectAsJournalled(machine: SimulatedMachine, service: ServiceFile, was: ServiceState) {
  const releases = processNumbers(service).map((n) => servingByJournal(service, was, n)?.release);
  expect(machine.serving()).toEqual(releases);
  expect(machine.environments()).toEqual(
    releases.map((it) => (it === old.releaseId ? "hello 1" : "hello 2")),
  );
  expect(machine.leftovers()).toEqual([]);
  expect(machine.disk().moves).toEqual({});
}

interface AtEffect extends Awaited<ReturnType<typeof servingMachine>> {
  readonly inject: Fault;
}

/** Runs a test once for every effect of a roll, with each kind of fault there. */
async function atEveryEffect(
  strategy: ServiceFile["strategy"],
  kinds: readonly FaultKind[],
  run: (at: AtEffect) => Promise<void>,
) {
  const clean = await servingMachine({ strategy });
  clean.machine.inject(() => undefined);
  await clean.roll(await clean.agent(), next);
  const effects = clean.machine.effects();
  expect(effects).toBeGreaterThan(80);
  const middles = clean.machine.middles();
  console.log(`${strategy}: ${kinds.join(", ")} at ${effects} effects, ${middles} with a middle`);
  for (const kind of kinds) {
    for (let effect = 0; effect < effects; effect += 1) {
      let hit = "";
      const inject: Fault = (n, name) => {
        if (n !== effect) return undefined;
        hit = name;
        return kind;
      };
      const serving = await servingMachine({ strategy });
      try {
        await run({ ...serving, inject });
        expect(serving.machine.broken).toEqual([]);
      } catch (error) {
        throw new Error(`${kind} at effect ${effect} (${hit}) of ${effects}: ${String(error)}`);
      }
    }
  }
}

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
    expect(failure.happened).toContain("it could not be put back yet: web@1a is still stopping");
    expect(machine.serving()).toEqual(["out", old.releaseId]);
    expect(Object.keys(machine.disk().moves)).toEqual(["1"]);
    expect(machine.broken).toEqual([]);
  });
});

describe.each(strategies)("%s, a last step that failed", (strategy) => {
  test("is undone to the end, wherever the agent is killed in the undo", async () => {
    let undone = 0;
    for (let later = 0, isOver = false; !isOver; later += 1) {
      const { machine, clock, service, agent, roll } = await servingMachine({ strategy });
      const context = await agent();
      let failedAt: number | undefined;
      machine.inject((effect, name) => {
        if (failedAt === undefined && name === "gate.point") {
          failedAt = effect;
          return "fail after";
        }
        return failedAt !== undefined && effect === failedAt + 1 + later ? "die after" : undefined;
      });
      isOver = (await untilDeath(machine, roll(context, next))) !== "died";
      machine.newAgent();
      const step = machine.disk().moves["1"]?.step;
      await clock.run(recover(await agent(), processNumbers(service)));
      // Until the journal has the undo, the new process is as good: nothing of it was stopped.
      const isUndone = step === "undo" || step === undefined;
      if (isUndone) undone += 1;
      expect(machine.serving()[0]).toBe(isUndone ? old.releaseId : next.releaseId);
      expect(machine.leftovers()).toEqual([]);
      expect(machine.broken).toEqual([]);
    }
    expect(undone).toBeGreaterThan(5);
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
