import { expect, test } from "vitest";
import { seededRandom } from "../../lib/seeded-random.ts";
import { aTarget } from "../testing/builders.ts";
import { all, next, old, servingMachine, untilDeath } from "../testing/serving-machine.ts";
import type { Behaviour } from "../testing/simulated-machine/index.ts";
import { recover } from "./converge.ts";
import { recovered } from "./converge-leftovers.ts";
import { silentProgress } from "./progress.ts";
import { resumeRetirements } from "./resume-retirements.ts";
import { Retirements } from "./retirements.ts";

const newer = aTarget(3);
const soonMs = 60_000;
const longMs = 1_800_000;
const kinds = {
  web: { count: 2, ping: "/ping" },
  worker: { count: 2, drainTimeoutSeconds: 3600, stopTimeoutSeconds: 3600 },
};
const inJobs = { [old.releaseId]: { jobMs: { 3: longMs, 4: longMs } } };
const two = (one: typeof old, other: typeof old) =>
  [one, one, other, other].map((it) => it.releaseId);

/** A machine whose old workers, once asked to end, go on with a job for half an hour. */
async function aMachineInJobs(behaviours: Readonly<Record<string, Behaviour>> = {}) {
  const on = await servingMachine({ kinds }, { ...inJobs, ...behaviours });
  const startedMs = on.clock.monotonicMs();
  const passedMs = () => on.clock.monotonicMs() - startedMs;
  const replacedAfter = (ms: number) => {
    const replaced = new AbortController();
    void on.clock.sleep(ms).then(() => replaced.abort());
    return replaced.signal;
  };
  const rest = () => on.clock.run(on.clock.sleep(longMs + soonMs));
  return { ...on, passedMs, replacedAfter, rest };
}

test("a roll is done when the jobs of its old processes have ended", async () => {
  const { agent, roll, machine, passedMs } = await aMachineInJobs();
  await expect(roll(await agent(), next)).resolves.toBe("done");
  expect(passedMs()).toBeGreaterThan(longMs);
  expect(machine.leftovers()).toEqual([]);
  expect(machine.disk().moves).toEqual({});
});

test("a new process that dies while an old job goes on fails the roll soon, and the job is not cut", async () => {
  const dies = { afterMs: 10_000 };
  const on = await aMachineInJobs({ [next.releaseId]: { dies } });
  await expect(on.roll(await on.agent(), next)).rejects.toThrow("restarted: it exited");
  expect(on.passedMs()).toBeLessThan(soonMs);
  expect(on.machine.leftovers()).toEqual(["3a", "4a"]);

  await on.rest();
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.disk().moves).toEqual({});
  expect(on.machine.broken).toEqual([]);
});

test("a newer deploy begins with the processes whose places are free, and waits for the jobs before the others", async () => {
  const on = await aMachineInJobs();
  const context = await on.agent();
  const first = on.roll(context, next, undefined, undefined, on.replacedAfter(20_000));
  await expect(first).resolves.toBe("superseded");
  expect(on.passedMs()).toBeLessThan(soonMs);

  const second = on.roll(context, newer);
  await on.clock.run(on.clock.sleep(soonMs));
  expect(on.machine.serving()).toEqual(two(newer, next));
  expect(on.machine.leftovers()).toEqual(["3a", "4a"]);

  await expect(second).resolves.toBe("done");
  expect(on.passedMs()).toBeGreaterThan(longMs);
  expect(on.machine.serving()).toEqual(all(newer));
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.broken).toEqual([]);
});

test("a roll that waits for a place ends at a newer deploy, and at a fault of its release", async () => {
  for (const dies of [undefined, { afterMs: 30_000 }]) {
    const on = await aMachineInJobs(dies ? { [newer.releaseId]: { dies } } : {});
    const context = await on.agent();
    await on.roll(context, next, undefined, undefined, on.replacedAfter(5000));
    const waiting = on.roll(context, newer, undefined, undefined, on.replacedAfter(50_000));
    if (dies) await expect(waiting).rejects.toThrow("restarted: it exited");
    else await expect(waiting).resolves.toBe("superseded");
    expect(on.passedMs()).toBeLessThan(soonMs);
    expect(on.machine.serving()).toEqual(two(newer, next));
  }
});

test("the files of an old process in its job are in use until the job ends", async () => {
  const on = await aMachineInJobs();
  await on.roll(await on.agent(), next, undefined, undefined, on.replacedAfter(5000));
  const { moves } = on.machine.disk();
  expect(Object.values(moves).map(({ from }) => from?.release)).toEqual([
    old.releaseId,
    old.releaseId,
  ]);
});

test("a process whose old one could not be stopped is recovered before a newer deploy gets its place", async () => {
  const on = await servingMachine();
  const context = await on.agent();
  let fails = 1;
  on.machine.inject((_, name) => (name === "supervisor.stop" && fails-- > 0 ? "fail" : undefined));
  await expect(on.roll(context, next)).resolves.toBe("done");
  expect(on.machine.leftovers()).toHaveLength(1);
  await expect(on.roll(context, newer)).resolves.toBe("done");
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.broken).toEqual([]);
});

test("an agent whose retirement fails while it recovers the others is not at rest", async () => {
  const on = await aMachineInJobs();
  await on.roll(await on.agent(), next, undefined, undefined, on.replacedAfter(5000));
  on.machine.newAgent();
  const successor = await on.agent();
  let fails = 1;
  on.machine.inject((_, name) => (name === "supervisor.stop" && fails-- > 0 ? "fail" : undefined));
  await expect(on.clock.run(recovered(successor, [1, 2, 3, 4]))).resolves.toBe(false);
  await expect(on.clock.run(recovered(successor, [1, 2, 3, 4]))).resolves.toBe(true);
});

test("an agent that is killed while an old job goes on is followed by one that rolls the others at once", async () => {
  const on = await aMachineInJobs();
  const context = await on.agent();
  on.machine.inject((_, name) =>
    context.journal.current().moves[4]?.step === "stop" && name === "state.write"
      ? "die after"
      : undefined,
  );
  await untilDeath(on.machine, on.roll(context, next));
  on.machine.newAgent();

  const successor = await on.agent();
  await on.clock.run(resumeRetirements(successor));
  await on.clock.run(recover(successor, [1, 2, 3, 4]));
  const rolling = on.roll(successor, newer);
  await on.clock.run(on.clock.sleep(soonMs));
  expect(on.machine.serving()).toEqual(two(newer, next));
  await expect(rolling).resolves.toBe("done");
  expect(on.machine.serving()).toEqual(all(newer));
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.broken).toEqual([]);
});

test("whichever jobs last however long, and whenever newer deploys come, the last one is served", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { next: random } = seededRandom(seed);
    const targets = [1, 2, 3, 4, 5].map((it) => aTarget(it));
    const jobs = () => [1, 2, 3, 4].map((n) => [n, random() < 0.5 ? random() * 100_000 : 50]);
    const behaviours = targets.map(({ releaseId }) => [
      releaseId,
      { jobMs: Object.fromEntries(jobs()) },
    ]);
    const on = await servingMachine({ kinds }, Object.fromEntries(behaviours));
    const context = await on.agent();
    for (const target of targets.slice(1, -1)) {
      const replaced = new AbortController();
      void on.clock.sleep(random() * 60_000).then(() => replaced.abort());
      const acquire = async () => (replaced.signal.aborted ? "superseded" : "go on");
      await on.roll(context, target, acquire, undefined, replaced.signal);
    }
    await expect(on.roll(context, aTarget(5)), `seed ${seed}`).resolves.toBe("done");
    expect(on.machine.serving(), `seed ${seed}`).toEqual(all(aTarget(5)));
    expect(on.machine.leftovers(), `seed ${seed}`).toEqual([]);
    expect(on.machine.disk().moves, `seed ${seed}`).toEqual({});
    expect(on.machine.broken, `seed ${seed}`).toEqual([]);
  }
});

test("what retirements report while a document is written is given on in its order when it is written", async () => {
  const told: string[] = [];
  const retirements = new Retirements();
  retirements.reportTo({
    ...silentProgress,
    report: (n, phase) => void told.push(`${n} ${phase}`),
    countKilled: (afterSeconds) => void told.push(`killed after ${afterSeconds} s`),
  });
  const write = retirements.holdReports(async () => {
    retirements.progress.countKilled(30);
    retirements.progress.report(3, "serving");
    expect(told).toEqual([]);
    throw new Error("Consul is away");
  });
  await expect(write).rejects.toThrow("Consul is away");
  expect(told).toEqual(["killed after 30 s", "3 serving"]);
});
