import { expect, test } from "vitest";
import { openJournal } from "../core/state.ts";
import { aService, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { simulatedMachine } from "../testing/simulated-machine/index.ts";
import { watchRunning } from "./watch-running.ts";

test("a service without HTTP is healthy while one of its processes that serve runs", async () => {
  const service = aService({ http: "none", hosts: [], processes: 2 });
  const clock = simulatedClock();
  const machine = simulatedMachine({ service, clock });
  const journal = await openJournal(machine.file);
  const bytes = new Map<string, number>();
  const marks: boolean[] = [];
  void watchRunning({
    ...{ service, journal, clock, log: silentLog },
    memory: { usedBytes: async ({ n, side }) => bytes.get(`${n}${side}`) ?? 0 },
    mark: async (isRunning) => void marks.push(isRunning),
  });

  await clock.run(clock.sleep(3000));
  const serving = { side: "b", release: "web-1-ccccccc", environmentId: "1" } as const;
  await journal.change((state) => ({ ...state, serving: { 1: serving, 2: serving } }));
  bytes.set("1a", 5); // a side that does not serve
  await clock.run(clock.sleep(3000));
  expect(marks).toEqual([false]);
  bytes.set("2b", 5);
  await clock.run(clock.sleep(3000));
  expect(marks).toEqual([false, true]);
  bytes.delete("2b");
  await clock.run(clock.sleep(3000));
  expect(marks).toEqual([false, true, false]);
});

test.each([
  ["only singletons", { clock: { count: 1, singleton: true } }, [true]],
  ["workers beside", { clock: { count: 1, singleton: true }, worker: { count: 1 } }, [false]],
] as const)(
  "an instance without the lease, with %s, is well: %j gives %j",
  async (_, kinds, expected) => {
    const service = aService({ processes: Object.keys(kinds).length, kinds });
    const clock = simulatedClock();
    const journal = await openJournal(simulatedMachine({ service, clock }).file);
    const serving = { side: "a", release: "web-1-ccccccc", environmentId: "1" } as const;
    await clock.run(journal.change((state) => ({ ...state, serving: { 1: serving, 2: serving } })));
    const marks: boolean[] = [];
    void watchRunning({
      ...{ service, journal, clock, log: silentLog },
      memory: { usedBytes: async () => 0 },
      mark: async (isRunning) => void marks.push(isRunning),
    });
    await clock.run(clock.sleep(3000));
    expect(marks).toEqual(expected);
  },
);
