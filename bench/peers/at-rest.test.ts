import { expect, test } from "vitest";
import { simulatedClock } from "../../agent/testing/simulated-clock.ts";
import { atRest } from "./at-rest.ts";

/** Waits while the load average falls, a step at each look. */
async function waited(...averages: number[]) {
  const clock = simulatedClock();
  const lines: string[] = [];
  const look = () => (averages.length > 1 ? averages.shift() : averages[0]) as number;
  const load = await clock.run(atRest(look, { clock, say: (line) => lines.push(line) }));
  return { load, seconds: clock.monotonicMs() / 1000, lines };
}

test("a machine at rest is measured at once", async () => {
  expect(await waited(0.4)).toEqual({ load: 0.4, seconds: 0, lines: [] });
});

test("a busy machine is waited for, and the wait is logged", async () => {
  const { load, seconds, lines } = await waited(3, 2, 0.9);
  expect({ load, seconds }).toEqual({ load: 0.9, seconds: 10 });
  expect(lines).toEqual(["  the load average is 3: it waits until that is below 1"]);
});

test("a machine that stays busy is measured after six minutes, and this is logged too", async () => {
  const { load, seconds, lines } = await waited(2.5);
  expect({ load, seconds }).toEqual({ load: 2.5, seconds: 360 });
  expect(lines[1]).toBe("  it is 2.5 still: what follows is of a busy machine");
});
