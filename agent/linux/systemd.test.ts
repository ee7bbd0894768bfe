import { expect, test } from "vitest";
import { aService } from "../testing/builders.ts";
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
  const supervisor = systemd(service, exec);

  await supervisor.stop(place);
  await supervisor.start(place);

  const { stop = 0, start = 0 } = Object.fromEntries(timeouts);
  expect(stop).toBeGreaterThan(90_000);
  expect(start).toBeGreaterThanOrEqual(stop + 30_000);
});

test.each([
  ["systemd ended with a kill, whichever agent began it,", "Result=timeout\n", "killed"],
  ["was heeded", "Result=success\n", "stopped"],
  ["was heeded with an exit status", "Result=exit-code\n", "stopped"],
] as const)("a stop that %s is reported as such", async (_, shown, end) => {
  const exec: Exec = async (_, [verb]) => (verb === "show" ? shown : "");
  expect(await systemd(aService(), exec).stop(place)).toBe(end);
});

test("a stop has succeeded also where systemd does not answer afterwards how", async () => {
  const exec: Exec = async (_, [verb]) => {
    if (verb === "show") throw new Error("Connection timed out");
    return "";
  };
  expect(await systemd(aService(), exec).stop(place)).toBe("stopped");
});

test("a stop counts as requested until the next start, unless it fails", async () => {
  let isBroken = false;
  const exec: Exec = async () => {
    if (isBroken) throw new Error("Connection timed out");
    return "";
  };
  const supervisor = systemd(aService({ strategy: "in-place" }), exec);
  expect(supervisor.hasRequestedStop(place)).toBe(false);
  await supervisor.stop(place);
  expect(supervisor.hasRequestedStop(place)).toBe(true);
  await supervisor.start(place);
  expect(supervisor.hasRequestedStop(place)).toBe(false);
  isBroken = true;
  await expect(supervisor.stop(place)).rejects.toThrow();
  expect(supervisor.hasRequestedStop(place)).toBe(false);
});
