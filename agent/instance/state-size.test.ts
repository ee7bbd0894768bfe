import { expect, test } from "vitest";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { watchStateSize } from "./state-size.ts";

test("a state folder that outgrows its limit is logged once, and once more when it fits again", async () => {
  const clock = simulatedClock();
  const sizes = [100, 600, 700, new Error("du takes too long"), 700, 400];
  const logged: unknown[] = [];
  void watchStateSize({
    services: [{ service: "web" }, { service: "shop", state: { maxMib: 512 } }],
    measureMib: async (service) => {
      expect(service).toBe("shop");
      const size = sizes.shift() ?? 400;
      if (size instanceof Error) throw size;
      return size;
    },
    clock,
    log: (event, fields) => logged.push({ event, ...fields }),
  });
  await clock.run(clock.sleep(6 * 600_000));
  expect(logged).toEqual([
    { event: "state.large", service: "shop", mib: 600, maxMib: 512 },
    { event: "state.unmeasured", service: "shop", error: "du takes too long" },
    { event: "state.fits", service: "shop", mib: 400, maxMib: 512 },
  ]);
});
