import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { healthCheckIn } from "./health-check.ts";

/** The health check of a machine that has run for a while; each call may be a new agent's. */
async function aMachine() {
  const folder = await mkdtemp(join(tmpdir(), "health-check-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = (reason: string) => join(folder, reason);
  let uptimeMs = 100_000;
  const healthCheck = healthCheckIn(path, async () => uptimeMs);
  return {
    healthCheck,
    path,
    runs: (ms: number) => {
      uptimeMs += ms;
    },
  };
}

test("an agent continues the wait that a killed one began, by the machine's uptime", async () => {
  const { healthCheck, runs } = await aMachine();
  await expect(healthCheck.fail("leaving")).resolves.toBe(0);
  runs(20_000);
  await expect(healthCheck.fail("leaving")).resolves.toBe(20_000);
  await expect(healthCheck.fail("drained")).resolves.toBe(0);
  await healthCheck.pass("leaving");
  await expect(healthCheck.fail("leaving")).resolves.toBe(0);
});

test.each(["", "garbage", "999999999"])(
  "a health check file that holds %o instead of a time counts from now",
  async (text) => {
    const { healthCheck, path, runs } = await aMachine();
    await writeFile(path("leaving"), text);
    await expect(healthCheck.fail("leaving")).resolves.toBe(0);
    runs(5000);
    await expect(healthCheck.fail("leaving")).resolves.toBe(5000);
  },
);
