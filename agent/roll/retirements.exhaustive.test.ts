import { expect, test } from "vitest";
import { processNumbers } from "../../protocol/service-file.ts";
import { aTarget } from "../testing/builders.ts";
import { next, old, servingMachine, untilDeath } from "../testing/serving-machine.ts";
import { deaths, type FaultKind, failures } from "../testing/simulated-machine/index.ts";
import { recover } from "./converge.ts";
import { resumeRetirements } from "./resume-retirements.ts";
import type { Target } from "./roll.ts";

const newer = aTarget(3);
const kinds = {
  web: { count: 1, ping: "/ping" },
  worker: { count: 1, drainTimeoutSeconds: 600, stopTimeoutSeconds: 600 },
};

/** A roll that a newer deploy replaces while an old worker is in its job. */
async function aMachineInAJob() {
  const on = await servingMachine(
    { kinds, processes: 2 },
    { [old.releaseId]: { jobMs: { 2: 60_000 } } },
  );
  const context = await on.agent();
  const replaced = new AbortController();
  void on.clock.sleep(20_000).then(() => replaced.abort());
  const begin = () => on.roll(context, next, undefined, undefined, replaced.signal);
  const expectAll = ({ releaseId }: Target) => {
    expect(on.machine.serving()).toEqual([releaseId, releaseId]);
    expect(on.machine.leftovers()).toEqual([]);
    expect(on.machine.disk().moves).toEqual({});
    expect(on.machine.broken).toEqual([]);
  };
  return { ...on, context, begin, expectAll };
}

type InAJob = Awaited<ReturnType<typeof aMachineInAJob>>;

/** Runs a test with a fault at each effect, the first one first, until there are no more. */
async function atEveryEffect(kind: FaultKind, run: (on: InAJob) => Promise<unknown>) {
  let effects = 0;
  for (let isHit = true; isHit; effects += 1) {
    isHit = false;
    const on = await aMachineInAJob();
    on.machine.inject((effect) => {
      if (effect !== effects) return undefined;
      isHit = true;
      return kind;
    });
    await run(on).catch((error) => {
      throw new Error(`${kind} at effect ${effects}: ${String(error)}`);
    });
  }
  expect(effects).toBeGreaterThan(80);
}

/** A rollback takes the environment of its own deploy. */
const back = { ...aTarget(4), releaseId: old.releaseId };

test.each(
  deaths.flatMap((kind) => [
    ["on", kind, newer] as const,
    ["back", kind, back] as const,
    ["back to its environment", kind, old] as const,
  ]),
)(
  "an agent that is killed at any effect of a roll beside a job is followed by one that rolls %s: %s",
  { timeout: 300_000 },
  async (_, kind, target) => {
    await atEveryEffect(kind, async (on) => {
      const { machine, clock, service, agent, roll, context } = on;
      const rolls = on.begin().then(() => roll(context, target));
      if ((await untilDeath(machine, rolls)) === "died") {
        machine.newAgent();
        const successor = await agent();
        await clock.run(resumeRetirements(successor));
        await clock.run(recover(successor, processNumbers(service)));
        await expect(roll(successor, target)).resolves.toBe("done");
      }
      on.expectAll(target);
    });
  },
);

test.each(failures)(
  "a failure at any effect of a roll beside a job keeps nothing from the next roll: %s",
  { timeout: 300_000 },
  async (kind) => {
    await atEveryEffect(kind, async ({ roll, context, begin, expectAll }) => {
      await begin().catch(() => undefined);
      await roll(context, newer).catch(() => undefined);
      await expect(roll(context, newer)).resolves.toBe("done");
      expectAll(newer);
    });
  },
);
