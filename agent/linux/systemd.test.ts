import { expect, test } from "vitest";
import { aService } from "../testing/builders.ts";
import type { Exec } from "./exec.ts";
import { systemd } from "./systemd.ts";

const place = { n: 1, side: "a" } as const;

test("a start has the time that a stop under way may take, and then that of any program", async () => {
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
