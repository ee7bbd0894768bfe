import { expect, test } from "vitest";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { aTarget } from "../testing/builders.ts";
import { rolledMachine } from "../testing/rolled-machine.ts";
import type { Behaviour, SimulatedMachine } from "../testing/simulated-machine/index.ts";
import { ClosableSupervisor } from "./closable-supervisor.ts";
import type { Context } from "./context.ts";
import { recover } from "./converge.ts";
import { retireAll } from "./retire.ts";
import { type AcquireSlot, rollInstance } from "./roll.ts";

const [old, next] = [aTarget(1), aTarget(2)];
const worker: Partial<ServiceFile> = { processes: 1, http: "none", hosts: [] };

/** A machine that serves a release, and an agent that can leave it. */
async function leavingMachine(service: Partial<ServiceFile>, behaviour: Behaviour = {}) {
  const on = await rolledMachine(old, { service, behaviours: { [old.releaseId]: behaviour } });
  const units = new ClosableSupervisor(on.machine.supervisor);
  const context = { ...(await on.agent()), supervisor: units, units };
  return { ...on, context };
}

const roll = (context: Context, acquire: AcquireSlot = async () => "go on") =>
  rollInstance(context, next, acquire, () => {}).catch((error: unknown) => error);

async function running({ supervisor }: SimulatedMachine, processes = [1]): Promise<string[]> {
  const places = processes.flatMap((n) => [{ n, side: "a" } as const, { n, side: "b" } as const]);
  const states = await Promise.all(places.map(async (place) => supervisor.state(place)));
  return places
    .filter((_, i) => states[i]?.status !== "stopped")
    .map(({ n, side }) => `${n}${side}`);
}

test("on an instance that its group ends every process is drained and stopped, and stays so", async () => {
  const { machine, context, clock } = await leavingMachine({ processes: 2 });

  await clock.run(retireAll(context));
  await clock.run(clock.sleep(60_000));

  expect(await running(machine, [1, 2])).toEqual([]);
});

test("overlap: a roll whose new process is stopped in its probe does not start the old one again", async () => {
  const { machine, context, clock } = await leavingMachine({
    ...worker,
    minHealthyTimeSeconds: 100,
    startTimeoutSeconds: 200,
  });
  const rolling = roll(context);
  await clock.run(clock.sleep(60_000));
  expect(await running(machine)).toEqual(["1a", "1b"]);

  await clock.run(retireAll(context));
  await clock.run(rolling);

  expect(await running(machine)).toEqual([]);
  expect(await context.supervisor.isEnding()).toBe(true);
});

test("in place: a roll that waits for an old job does not start the new process after it", async () => {
  const { machine, context, clock } = await leavingMachine(
    { ...worker, strategy: "in-place", stopTimeoutSeconds: 600 },
    { stopMs: 120_000 },
  );
  const rolling = roll(context);
  await clock.run(clock.sleep(60_000));

  await clock.run(retireAll(context));
  await clock.run(rolling);

  expect(await running(machine)).toEqual([]);
});

test("a start that is under way when the instance leaves is stopped again before the end", async () => {
  const { machine, context, clock } = await leavingMachine(worker);
  const units = new ClosableSupervisor({
    ...machine.supervisor,
    async start(place) {
      await clock.sleep(5000);
      await machine.supervisor.start(place);
    },
  });
  const spare = { n: 1, side: "b" } as const;
  await machine.store.stage(spare, {
    releaseId: next.releaseId,
    command: ["web"],
    environment: {},
  });
  const starting = units.start(spare);
  await clock.run(clock.sleep(1000));

  await clock.run(retireAll({ ...context, units }));

  await clock.run(starting);
  expect(await running(machine)).toEqual([]);
});

test("a recovery that goes on after the instance has left starts nothing, and says why", async () => {
  const { machine, context, clock } = await leavingMachine(worker);
  await clock.run(retireAll(context));

  await expect(clock.run(recover(context, [1]))).rejects.toThrow("this instance leaves its group");

  expect(await running(machine)).toEqual([]);
});
