import { describe, expect, test } from "vitest";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import { servingByJournal } from "../core/routes.ts";
import type { ServiceState } from "../core/state.ts";
import {
  all,
  next,
  old,
  servingMachine,
  strategies,
  untilDeath,
} from "../testing/serving-machine.ts";
import {
  deaths,
  type Fault,
  type FaultKind,
  failures,
  type SimulatedMachine,
} from "../testing/simulated-machine/index.ts";
import { recover } from "./converge.ts";

/** Services that differ in the steps of their processes. */
const services = [
  ["overlap", { strategy: "overlap" }],
  ["in-place", { strategy: "in-place" }],
  [
    "web that overlaps, and workers without HTTP in place",
    { kinds: { web: { count: 2, ping: "/ping" }, worker: { count: 2, strategy: "in-place" } } },
  ],
] as const satisfies [string, Partial<ServiceFile>][];

describe.each(services)("%s", { timeout: 300_000 }, (_, differs) => {
  test("a failed step, whichever it is, leaves every process on exactly one release", async () => {
    await atEveryEffect(differs, failures, async ({ machine, agent, roll, inject }) => {
      const context = await agent();
      machine.inject(inject);
      await roll(context, next).catch(() => undefined);
      machine.newAgent();
      // The next start or the next roll puts back what could not be put back at once.
      await roll(await agent(), next);
      expect(machine.serving()).toEqual(all(next));
      expect(machine.staticFrom()).toBe(next.releaseId);
      expect(machine.leftovers()).toEqual([]);
    });
  });

  test("an agent killed at any moment finishes or undoes the step when it starts again", async () => {
    await atEveryEffect(differs, deaths, async (at) => {
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
      expect(machine.staticFrom()).toBe(next.releaseId);
    });
  });

  test("a machine cut at any moment comes back with each process as the journal has it", async () => {
    await atEveryEffect(differs, deaths, async (at) => {
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
      expect(machine.staticFrom()).toBe(next.releaseId);
    });
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
      if (isUndone) expect(machine.staticFrom()).toBe(old.releaseId);
      expect(machine.leftovers()).toEqual([]);
      expect(machine.broken).toEqual([]);
    }
    expect(undone).toBeGreaterThan(5);
  });
});

/** Each process serves what a journal says, with its environment, and nothing is under way. */
function expectAsJournalled(machine: SimulatedMachine, service: ServiceFile, was: ServiceState) {
  const releases = processNumbers(service).map((n) => servingByJournal(service, was, n)?.release);
  expect(machine.serving()).toEqual(releases);
  expect(releases).toContain(machine.staticFrom());
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
  differs: Partial<ServiceFile>,
  kinds: readonly FaultKind[],
  run: (at: AtEffect) => Promise<void>,
) {
  const clean = await servingMachine(differs);
  clean.machine.inject(() => undefined);
  await clean.roll(await clean.agent(), next);
  const effects = clean.machine.effects();
  expect(effects).toBeGreaterThan(80);
  const middles = clean.machine.middles();
  console.log(
    `${JSON.stringify(differs)}: ${kinds.join(", ")} at ${effects} effects, ${middles} with a middle`,
  );
  for (const kind of kinds) {
    for (let effect = 0; effect < effects; effect += 1) {
      let hit = "";
      const inject: Fault = (n, name) => {
        if (n !== effect) return undefined;
        hit = name;
        return kind;
      };
      const serving = await servingMachine(differs);
      try {
        await run({ ...serving, inject });
        expect(serving.machine.broken).toEqual([]);
      } catch (error) {
        throw new Error(`${kind} at effect ${effect} (${hit}) of ${effects}: ${String(error)}`);
      }
    }
  }
}
