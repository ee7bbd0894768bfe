import { describe, expect, test } from "vitest";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Log } from "../core/effects.ts";
import { type Journal, openJournal } from "../core/state.ts";
import { recover } from "../roll/converge.ts";
import { silentProgress } from "../roll/progress.ts";
import { Retirements } from "../roll/retirements.ts";
import { rollInstance } from "../roll/roll.ts";
import { aService, aTarget, silentLog } from "../testing/builders.ts";
import { healthOf } from "../testing/health-of.ts";
import { untilDeath } from "../testing/serving-machine.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { type Behaviour, deaths, simulatedMachine } from "../testing/simulated-machine/index.ts";
import { SingletonSupervisor } from "./singleton-supervisor.ts";

const [old, next] = [aTarget(1), aTarget(2)];
const usual = aService({
  processes: 3,
  kinds: {
    web: { count: 2, ping: "/ping" },
    clock: { count: 1, singleton: true, strategy: "in-place" },
  },
});

/** A machine whose third process is a singleton. */
async function aMachine(
  differs: Partial<ServiceFile> = {},
  behaviours: Readonly<Record<string, Behaviour>> = {},
) {
  const service = { ...usual, ...differs };
  const clock = simulatedClock();
  const machine = simulatedMachine({ service, clock, behaviours });
  const logged: string[] = [];
  const log: Log = (event, { process } = {}) => void logged.push(`${event} ${process}`);
  const timers: string[] = [];
  const timer = {
    arm: async (n: number) => void timers.push(`arm ${n}`),
    disarm: async (n: number) => void timers.push(`disarm ${n}`),
  };
  const agent = (journal: Journal) => {
    const parts = { service, timer, journal, log };
    const supervisor = new SingletonSupervisor({ ...parts, supervisor: machine.supervisor });
    const health = healthOf(machine, { service, journal, clock });
    const context = {
      ...{ ...machine, ...silentProgress, service, clock, journal, health, supervisor },
      retirements: new Retirements(),
      log: silentLog,
    };
    const begin = (target: typeof old) =>
      rollInstance(
        context,
        target,
        async () => "go on",
        () => {},
      );
    const roll = (target: typeof old) => clock.run(begin(target));
    return { supervisor, context, begin, roll, leased: supervisor.leased(3) };
  };
  const journal = await openJournal(machine.file);
  const runs = async () => {
    const states = await Promise.all(
      (["a", "b"] as const).map((side) => machine.supervisor.state({ n: 3, side })),
    );
    return states.map(({ status }) => status);
  };
  return { clock, machine, journal, agent, runs, timers, logged };
}

test("without the lease a roll starts nothing of the singleton, and is done", async () => {
  const { journal, agent, runs, machine } = await aMachine();
  const { roll } = agent(journal);
  await expect(roll(old)).resolves.toBe("done");
  expect(await runs()).toEqual(["stopped", "stopped"]);
  expect(machine.serving().slice(0, 2)).toEqual([old.releaseId, old.releaseId]);
  expect(journal.current().serving["3"]?.release).toBe(old.releaseId);
});

test("with the lease the release that was rolled runs, and the next one takes its place", async () => {
  const { clock, journal, agent, runs, timers } = await aMachine();
  const { roll, leased } = agent(journal);
  await roll(old);
  await clock.run(leased.begin());
  expect(await runs()).toEqual(["running", "stopped"]);

  await roll(next);
  expect(await runs()).toEqual(["stopped", "running"]);

  await clock.run(leased.end());
  expect(await runs()).toEqual(["stopped", "stopped"]);
  expect(timers).toEqual(["disarm 3"]);
});

test("a lease that was lost while a stop took its time starts nothing", async () => {
  const { clock, journal, agent, runs } = await aMachine();
  const { roll, leased, supervisor } = agent(journal);
  await roll(old);
  const stopping = supervisor.stop({ n: 3, side: "b" });
  const begun = leased.begin();
  const ended = leased.end();
  await clock.run(Promise.all([stopping, begun, ended]));
  expect(await runs()).toEqual(["stopped", "stopped"]);
});

test("an agent that was killed in the roll of a singleton is followed by one that lets one side run", async () => {
  const { clock, machine, journal, agent, runs } = await aMachine({ minHealthyTimeSeconds: 1 });
  const first = agent(journal);
  await first.roll(old);
  await clock.run(first.leased.begin());
  const rolling = first.begin(next);
  await clock.run(
    (async () => {
      while ((await machine.supervisor.state({ n: 3, side: "b" })).status !== "running")
        await clock.sleep(50);
    })(),
  );
  machine.newAgent();
  void rolling;

  const second = agent(await openJournal(machine.file));
  await clock.run(recover(second.context, [3]));
  await clock.run(second.leased.begin());
  expect(await runs()).toEqual(["running", "stopped"]);
});

describe.each([
  ["beside the recovery", "beside"],
  ["after the recovery", "after"],
] as const)("a lease that a new agent goes on with %s", (_, when) => {
  test.each(deaths)(
    "runs the side that the journal says, and never both, wherever the one before it was killed: %s",
    async (kind) => {
      let kills = 0;
      for (let at = 0, isOver = false; !isOver; at += 1) {
        const { clock, machine, journal, agent, runs } = await aMachine({
          minHealthyTimeSeconds: 0.2,
        });
        const first = agent(journal);
        await first.roll(old);
        await clock.run(first.leased.begin());
        machine.inject((effect) => (effect === at ? kind : undefined));
        isOver = (await untilDeath(machine, clock.run(first.begin(next)))) !== "died";
        if (isOver) break;
        kills += 1;
        machine.newAgent();

        const second = agent(await openJournal(machine.file));
        const isWanted = second.leased.isWanted();
        const begin = () => (isWanted ? second.leased.begin() : undefined);
        const recovered = recover(second.context, [1, 2, 3]);
        const begun = when === "beside" ? Promise.all([recovered, begin()]) : recovered.then(begin);
        let isOverlap = false;
        const look = async () => {
          for (let looks = 0; looks < 100; looks += 1) {
            isOverlap ||= !(await runs()).includes("stopped");
            await clock.sleep(20);
          }
        };
        await clock.run(Promise.all([begun, look()]));
        const side = second.context.journal.current().serving["3"]?.side;
        const expected = (["a", "b"] as const).map((it) => (it === side ? "running" : "stopped"));
        expect(await runs(), `killed at effect ${at}`).toEqual(expected);
        expect(isOverlap, `both run at once, killed at effect ${at}`).toBe(false);
      }
      expect(kills).toBeGreaterThan(50);
    },
  );
});

test("a lease whose process cannot be started is known to have failed", async () => {
  const { clock, machine, journal, agent } = await aMachine();
  const { roll, leased } = agent(journal);
  await roll(old);
  machine.inject((_, name) => (name === "supervisor.start" ? "fail" : undefined));
  await expect(clock.run(leased.begin())).rejects.toThrow("supervisor.start failed");
});

test("a process that has to be killed when its lease ends, or another side is to run, is told in the log", async () => {
  const ignoresStop = { [old.releaseId]: { ignoresStop: true } };
  const { clock, machine, journal, agent, logged } = await aMachine({}, ignoresStop);
  const { roll, leased } = agent(journal);
  await roll(old);
  await clock.run(leased.begin());
  await clock.run(leased.end());
  expect(logged).toEqual(["stop.killed 3"]);

  await clock.run(leased.begin());
  await machine.store.stage(
    { n: 3, side: "b" },
    { releaseId: old.releaseId, command: ["clock"], environment: {} },
  );
  await clock.run(machine.supervisor.start({ n: 3, side: "b" }));
  await clock.run(leased.begin());
  expect(logged).toEqual(["stop.killed 3", "stop.killed 3"]);
});

test("an instance that has nothing to run does not want the lease", async () => {
  const { journal, agent } = await aMachine();
  const { roll, leased } = agent(journal);
  expect(leased.isWanted()).toBe(false);
  await roll(old);
  expect(leased.isWanted()).toBe(true);
});

test("a new agent knows from its journal what is to run", async () => {
  const { clock, machine, journal, agent, runs } = await aMachine();
  const first = agent(journal);
  await first.roll(old);
  await clock.run(first.leased.begin());
  machine.newAgent();

  const second = agent(await openJournal(machine.file));
  expect((await second.supervisor.state({ n: 3, side: "a" })).status).toBe("running");
  expect((await second.supervisor.state({ n: 3, side: "b" })).status).toBe("stopped");
  await clock.run(second.leased.begin());
  expect(await runs()).toEqual(["running", "stopped"]);
});
