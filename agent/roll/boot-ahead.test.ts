import { expect, test } from "vitest";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { aTarget } from "../testing/builders.ts";
import { rolledMachine } from "../testing/rolled-machine.ts";
import type { Behaviour } from "../testing/simulated-machine/index.ts";
import type { MayBootAhead } from "./boot-ahead.ts";
import type { AcquireSlot } from "./roll.ts";

const old = aTarget(1);
const next = aTarget(2);
const minHealthyTimeSeconds = 0.5;

/** A machine on which release 1 serves, and the phases of its roll to release 2, with times. */
async function aMachine(
  differs: Partial<ServiceFile> = {},
  behaviour: Behaviour = {},
  availableBytes = 4_000_000_000,
) {
  const phases: string[] = [];
  const atMs = new Map<string, number>();
  const on = await rolledMachine(old, {
    service: { minHealthyTimeSeconds, ...differs },
    behaviours: { [next.releaseId]: behaviour },
    context: ({ memory }, { monotonicMs }) => ({
      memory: { ...memory, availableBytes: async () => availableBytes },
      report(n, phase) {
        phases.push(`${n} ${phase}`);
        if (!atMs.has(`${n} ${phase}`)) atMs.set(`${n} ${phase}`, monotonicMs());
      },
    }),
  });
  const { machine, clock } = on;
  const context = await on.agent();
  const roll = (target = next, acquireSlot?: AcquireSlot, mayBootAhead?: MayBootAhead) =>
    on.roll(context, target, acquireSlot, mayBootAhead);
  phases.length = 0;
  atMs.clear();
  const startedMs = clock.monotonicMs();
  return {
    ...{ machine, clock, roll, phases },
    /** Old processes retire although their roll has ended. */
    retired: () => clock.run(context.retirements.untilAllOver()),
    at: (phase: string) => (atMs.get(phase) ?? Number.NaN) - startedMs,
    /** Processes that began to start before the first one was switched. */
    ahead: () =>
      phases
        .slice(0, phases.indexOf("1 switching"))
        .filter((it) => it.endsWith("starting") && it !== "1 starting")
        .map((it) => it[0])
        .filter((n, i, all) => all.indexOf(n) === i)
        .join(""),
  };
}

const all = (target: typeof next) => Array(4).fill(target.releaseId);

test("the next batch boots while the first process is watched, and serves once the first has served well", async () => {
  const on = await aMachine();
  await expect(on.roll()).resolves.toBe("done");

  expect(on.ahead()).toBe("234");
  expect(on.at("2 starting")).toBeGreaterThanOrEqual(100); // the first has answered
  const served = on.at("1 serving");
  for (const n of [2, 3, 4]) {
    expect(on.at(`${n} switching`)).toBeGreaterThanOrEqual(served + minHealthyTimeSeconds * 1000);
  }
  expect(on.machine.serving()).toEqual(all(next));
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.broken).toEqual([]);
});

test("booting ahead makes a roll quicker by the boot of its second batch", async () => {
  const bootMs = 400;
  const durationMs = async (bootAhead: boolean) => {
    const on = await aMachine({ bootAhead }, { bootMs });
    await on.roll();
    return on.at("4 serving");
  };
  expect((await durationMs(false)) - (await durationMs(true))).toBeGreaterThan(bootMs - 100);
});

test("when the first process ends while it is watched, its release serves nothing and the next batch is stopped", async () => {
  const on = await aMachine({}, { dies: { afterMs: 300 } });
  await expect(on.roll()).rejects.toThrow("it exited with status 1");

  expect(on.ahead()).not.toBe("");
  expect(on.phases.filter((phase) => phase.endsWith("switching"))).toEqual([]);
  expect(on.machine.serving()).toEqual(all(old));
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.disk().moves).toEqual({});
  expect(on.machine.broken).toEqual([]);
});

test("a release whose processes end soon after they serve reaches one process alone", async () => {
  const on = await aMachine({}, { dies: { afterMs: 700 } });
  await expect(on.roll()).rejects.toThrow("restarted: it exited with status 1");

  const switched = on.phases.filter((phase) => phase.endsWith("switching"));
  expect(switched).toEqual(["1 switching"]);
  expect(on.machine.serving().slice(1)).toEqual(all(old).slice(1));
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.disk().moves).toEqual({});
});

test.each([
  ["in place", { strategy: "in-place" }, ""],
  ["where the service does not want it", { bootAhead: false }, ""],
  ["for workers, which work as soon as they run", { http: "none" }, ""],
  [
    "for a kind without HTTP that comes first",
    { kinds: { worker: { count: 3 }, web: { count: 1, ping: "/ping" } } },
    "",
  ],
  ["with one process at a time", { parallel: 1 }, ""],
  ["with two processes at a time", { parallel: 2 }, "2"],
  ["with three processes at a time", { parallel: 3 }, "23"],
] as const)("%s, with %o, these processes boot ahead: %s", async (_, differs, ahead) => {
  const on = await aMachine(differs);
  await expect(on.roll()).resolves.toBe("done");
  expect(on.ahead()).toBe(ahead);
  expect(on.machine.serving()).toEqual(all(next));
  expect(on.machine.broken).toEqual([]);
});

test("no more processes boot ahead than the free memory holds", async () => {
  // A process uses 50 MB; a tenth of the free memory is left alone.
  const on = await aMachine({}, {}, 120_000_000);
  await expect(on.roll()).resolves.toBe("done");
  expect(on.ahead()).toBe("23");
  expect(on.machine.serving()).toEqual(all(next));
});

test("no batch boots ahead without proof that the slot is held", async () => {
  for (const mayBootAhead of [async () => false, () => Promise.reject(new Error("no Consul"))]) {
    const on = await aMachine();
    await expect(on.roll(next, undefined, mayBootAhead)).resolves.toBe("done");
    expect(on.ahead()).toBe("");
    expect(on.machine.serving()).toEqual(all(next));
  }
});

test("a batch that booted ahead is stopped when its slot is late, and boots again when the slot comes", async () => {
  const on = await aMachine();
  let asked = 0;
  const acquireSlot: AcquireSlot = async () => {
    asked += 1;
    if (asked === 2) {
      expect(on.machine.leftovers()).toContain("2b");
      await on.clock.sleep(60_000);
      expect(on.machine.leftovers()).toEqual([]);
      expect(on.machine.disk().moves).toEqual({});
    }
    return "go on";
  };
  await expect(on.roll(next, acquireSlot)).resolves.toBe("done");
  expect(on.machine.serving()).toEqual(all(next));
  expect(on.machine.broken).toEqual([]);
});

test("a batch that booted ahead is stopped when a newer deploy comes", async () => {
  const on = await aMachine();
  let asked = 0;
  const acquireSlot: AcquireSlot = async () => (++asked === 2 ? "superseded" : "go on");
  await expect(on.roll(next, acquireSlot)).resolves.toBe("superseded");
  expect(on.ahead()).toBe("234");
  expect(on.machine.serving()).toEqual([next, old, old, old].map((it) => it.releaseId));
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.disk().moves).toEqual({});
});

test("a process that ends while it waits for the slot gets no request", async () => {
  const on = await aMachine();
  let asked = 0;
  const acquireSlot: AcquireSlot = async () => {
    if (++asked === 2) on.machine.crash({ n: 2, side: "b" });
    return "go on";
  };
  await expect(on.roll(next, acquireSlot)).rejects.toThrow("did not become healthy as process 2");
  expect(on.phases).not.toContain("2 switching");
  expect(on.machine.serving()[1]).toBe(old.releaseId);
  await on.retired();
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.machine.broken).toEqual([]);
});
