import { expect, test } from "vitest";
import { silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { patientUnit } from "./patient-unit.ts";

/** A unit of which systemd says nothing for some seconds. */
function unansweredFor(seconds: number) {
  const clock = simulatedClock();
  const resets: number[] = [];
  const unit = {
    reset: async () => {
      resets.push(clock.monotonicMs());
      if (clock.monotonicMs() < seconds * 1000) throw new Error("Connection timed out");
    },
    start: async () => {},
    state: async () => "none" as const,
    lastLines: async () => [],
  };
  return { clock, unit, resets, deps: { clock, log: silentLog } };
}

test("a unit is asked again until systemd answers, and for five minutes at most", async () => {
  const busy = unansweredFor(60);
  await busy.clock.run(patientUnit(busy.unit, "u", busy.deps).reset());
  expect(busy.clock.monotonicMs()).toBeLessThan(65_000);

  const dead = unansweredFor(3600);
  await expect(dead.clock.run(patientUnit(dead.unit, "u", dead.deps).reset())).rejects.toThrow(
    "systemd has not answered about u for 300 s",
  );
});

test("a unit is not asked again for a deploy that a newer one has replaced", async () => {
  const { clock, unit, deps, resets } = unansweredFor(60);
  const replaced = new AbortController();
  void clock.sleep(10_000).then(() => replaced.abort());
  const reset = clock.run(patientUnit(unit, "u", deps, replaced.signal).reset());
  await expect(reset).rejects.toThrow();
  const count = resets.length;
  expect(clock.monotonicMs()).toBeLessThan(15_000);
  await clock.run(clock.sleep(120_000));
  expect(resets).toHaveLength(count);
});
