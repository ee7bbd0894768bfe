import { expect, test } from "vitest";
import { aService } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import type { Exec } from "./exec.ts";
import { systemd } from "./systemd.ts";

const place = { n: 1, side: "a" } as const;

test("a start may take as long as the stop that it waits for and 30 seconds more", async () => {
  const timeouts = new Map<string, number>();
  const exec: Exec = async (_, [verb = ""], { timeoutMs = 0 } = {}) => {
    timeouts.set(verb, timeoutMs);
    return "";
  };
  const service = aService({ strategy: "in-place", stopTimeoutSeconds: 90 });
  const supervisor = systemd(service, exec, simulatedClock());

  await supervisor.stop(place);
  await supervisor.start(place);

  const { stop = 0, start = 0 } = Object.fromEntries(timeouts);
  expect(stop).toBeGreaterThan(90_000);
  expect(start).toBeGreaterThanOrEqual(stop + 30_000);
});

test.each([
  ["lasts until the stop timeout, and systemd kills,", 5000, 0, "killed"],
  ["is quicker", 4900, 0, "stopped"],
  ["an agent before this one began, and systemd kills,", 2000, 3000, "killed"],
  ["an agent before this one began, and is quicker,", 1900, 3000, "stopped"],
] as const)("a stop that %s is reported as such", async (_, lastsMs, beganBeforeMs, end) => {
  const clock = simulatedClock();
  await clock.run(clock.sleep(beganBeforeMs));
  const shown = beganBeforeMs > 0 ? "ActiveState=deactivating\nActiveExitTimestampMonotonic=0" : "";
  const exec: Exec = async (_, [verb]) => {
    if (verb === "show") return shown;
    await clock.sleep(lastsMs);
    return "";
  };
  const supervisor = systemd(aService({ stopTimeoutSeconds: 5 }), exec, clock);
  expect(await clock.run(supervisor.stop(place))).toBe(end);
});

test("a stop counts as requested until the next start, unless it fails", async () => {
  let isBroken = false;
  const exec: Exec = async () => {
    if (isBroken) throw new Error("Connection timed out");
    return "";
  };
  const supervisor = systemd(aService({ strategy: "in-place" }), exec, simulatedClock());
  expect(supervisor.hasRequestedStop(place)).toBe(false);
  await supervisor.stop(place);
  expect(supervisor.hasRequestedStop(place)).toBe(true);
  await supervisor.start(place);
  expect(supervisor.hasRequestedStop(place)).toBe(false);
  isBroken = true;
  await expect(supervisor.stop(place)).rejects.toThrow();
  expect(supervisor.hasRequestedStop(place)).toBe(false);
});
