import { describe, expect, test } from "vitest";
import type { Supervisor } from "../core/effects.ts";
import { openJournal } from "../core/state.ts";
import { aService, aTarget, silentLog } from "../testing/builders.ts";
import { healthOf } from "../testing/health-of.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { simulatedMachine } from "../testing/simulated-machine/index.ts";
import type { Context } from "./context.ts";
import { recover } from "./converge.ts";
import { silentProgress } from "./progress.ts";
import { Retirements } from "./retirements.ts";
import { rollInstance } from "./roll.ts";

const target = aTarget(1);

/** A machine on which a release serves; its process is stopped so many times while it converges. */
async function settleWithStops(strategy: "overlap" | "in-place", times: number) {
  const service = aService({ strategy, processes: 1 });
  const clock = simulatedClock();
  const machine = simulatedMachine({ service, clock });
  const journal = await openJournal(machine.file);
  const context: Context = {
    ...{ ...machine, service, clock, journal, log: silentLog },
    health: healthOf(machine, { service, journal, clock }),
    ...silentProgress,
    retirements: new Retirements(),
  };
  await clock.run(
    rollInstance(
      context,
      target,
      async () => "go on",
      () => {},
    ),
  );

  let stops = 0;
  let starts = 0;
  const supervisor: Supervisor = {
    ...machine.supervisor,
    async start(place) {
      starts += 1;
      await machine.supervisor.start(place);
    },
    async promote(place) {
      await machine.supervisor.promote(place);
      if (stops === times) return;
      stops += 1;
      await machine.supervisor.stop(place);
    },
  };
  const settling = clock.run(recover({ ...context, supervisor }, [1]));
  return { machine, settling, starts: () => starts };
}

describe.each(["overlap", "in-place"] as const)("%s", (strategy) => {
  test("a process that is stopped by hand while it converges is started again, and serves", async () => {
    const { machine, settling, starts } = await settleWithStops(strategy, 2);

    await settling;

    expect(machine.serving()).toEqual([target.releaseId]);
    expect(starts()).toBe(2);
  });

  test("a process that is down again after the third try is given up and named", async () => {
    const { settling, starts } = await settleWithStops(strategy, 3);

    await expect(settling).rejects.toThrow(
      "shoestring-web@1a was started 3 times and is down again",
    );

    expect(starts()).toBe(2);
  });
});
