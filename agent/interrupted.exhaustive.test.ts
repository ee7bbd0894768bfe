import { expect, test } from "vitest";
import { keys } from "../protocol/keys.ts";
import { aDeploy } from "./testing/builders.ts";
import { simulatedFleet } from "./testing/simulated-fleet.ts";
import { deaths, type FaultKind, failures } from "./testing/simulated-machine/index.ts";

/**
 * Longer than the fleet waits for the slot of an agent that is gone, shorter than the progress
 * deadline.
 */
const longestSeconds = 120;

/** An instance with a complete agent, whose last known good release is release 1. */
async function goodInstance() {
  const fleet = simulatedFleet({ service: { autoRollback: false } });
  const announce = (sequence: number) => {
    fleet.consul.put(keys.configVariable("web", "GREETING"), `hello ${sequence}`);
    fleet.announce(aDeploy(sequence));
  };
  announce(1);
  await fleet.add("web-1");
  const instance = fleet.instance("web-1");
  const { machine } = instance;

  const isSlotFree = () =>
    JSON.parse(fleet.consul.text(keys.slot("web", 1)) as string).instance === undefined;
  /** Lets time pass until a deploy has ended; restarts an agent that is down, as systemd does. */
  const ends = async (sequence: number) => {
    const phases = () => [
      fleet.rollout(sequence)?.phase,
      fleet.report(sequence, "web-1")?.phase,
      machine.disk().ended?.phase,
    ];
    const isEnded = () =>
      phases().every((phase) => phase === "done") || phases().every((phase) => phase === "failed");
    const deadlineMs = fleet.clock.monotonicMs() + longestSeconds * 1000;
    for (;;) {
      if (fleet.clock.monotonicMs() > deadlineMs) {
        throw new Error(`it does not end: ${phases()}, slot free: ${isSlotFree()}`);
      }
      if (instance.isDown()) await instance.restart();
      const isOver = isEnded() && isSlotFree();
      // The agent may also die after the end, for example while it prunes.
      await fleet.pass(isOver ? 1 : 0.1);
      if (isOver && !instance.isDown()) break;
    }
    return fleet.rollout(sequence)?.phase;
  };
  /** Every process serves one of these builds, with the environment of its deploy. */
  const expectServing = (...sequences: readonly number[]) => {
    const well = sequences.map((it) => `${aDeploy(it).release.id} with hello ${it}`);
    const environments = machine.environments();
    const serving = machine.serving().map((release, i) => `${release} with ${environments[i]}`);
    expect(well).toEqual(expect.arrayContaining(serving));
    expect(machine.broken).toEqual([]);
  };
  const expectNothingLeft = () => {
    expect(machine.leftovers()).toEqual([]);
    expect(machine.disk().moves).toEqual({});
  };
  await ends(1);
  machine.nowServing();
  return { fleet, instance, machine, announce, ends, expectServing, expectNothingLeft };
}

const timeout = 300_000;

/** Runs a test once for every effect of an agent that applies release 2, with a fault there. */
async function atEveryEffect(
  kind: FaultKind,
  run: (on: Awaited<ReturnType<typeof goodInstance>>) => Promise<void>,
) {
  const clean = await goodInstance();
  clean.machine.inject(() => undefined);
  clean.announce(2);
  await clean.ends(2);
  const effects = clean.machine.effects();
  expect(effects).toBeGreaterThan(100);
  expect(clean.machine.middles()).toBeGreaterThan(5);
  console.log(`${kind}: ${effects} effects, ${clean.machine.middles()} of them with a middle`);
  for (let effect = 0; effect < effects; effect += 1) {
    const on = await goodInstance();
    let hit = "";
    on.machine.inject((n, name) => {
      if (n !== effect) return undefined;
      hit = name;
      return kind;
    });
    try {
      await run(on);
      expect(hit).not.toBe("");
    } catch (error) {
      throw new Error(`${kind} at effect ${effect} (${hit}) of ${effects}: ${String(error)}`);
    }
  }
}

test.each(deaths)(
  "an agent that is killed at any effect of a deploy finishes it when it starts again: %s",
  { timeout },
  async (kind) => {
    await atEveryEffect(kind, async ({ announce, ends, expectServing, expectNothingLeft }) => {
      announce(2);
      expect(await ends(2)).toBe("done");
      expectServing(2);
      expectNothingLeft();
    });
  },
);

test.each(failures)(
  "a deploy in which any one effect fails comes to an end, and the next one is done: %s",
  { timeout },
  async (kind) => {
    await atEveryEffect(kind, async ({ announce, ends, expectServing, expectNothingLeft }) => {
      announce(2);
      const phase = await ends(2);
      if (phase === "done") expectServing(2);
      else expectServing(1, 2);
      announce(3);
      expect(await ends(3)).toBe("done");
      expectServing(3);
      expectNothingLeft();
    });
  },
);
