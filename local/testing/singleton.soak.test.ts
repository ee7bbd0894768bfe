import { afterAll, beforeAll, expect, test } from "vitest";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

const processes = {
  web: { count: 1, command: ["node", "server.js"], ping: "/ping" },
  clock: { count: 1, command: ["node", "worker.js"], ready: "file", singleton: true },
} as const;

const instances = ["web-1", "web-2"];

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes });
  await on.pushed();
  await on.healthy(instances);
});
afterAll(endTestRegion);

/** The instances on which the clock runs now. */
async function clocks(): Promise<string[]> {
  const states = instances.map(async (name) => {
    const units = ["shoestring-web@2a", "shoestring-web@2b"];
    const shown = await on.on(name, "systemctl", "show", ...units, "--property=ActiveState");
    return /=(active|deactivating)/.test(shown) ? [name] : [];
  });
  return (await Promise.all(states)).flat();
}

test("one clock runs in the fleet, and another instance takes over from an agent that hangs: never two run", async () => {
  const [first = ""] = await until("a clock", async () => {
    const running = await clocks();
    return running.length === 1 ? running : undefined;
  });
  await on.on(first, "systemctl", "kill", "--signal=STOP", "shoestring-agent");
  try {
    let most = 0;
    const [second] = await until(
      "another clock",
      async () => {
        const running = await clocks();
        most = Math.max(most, running.length);
        return running.length === 1 && running[0] !== first ? running : undefined;
      },
      100,
    );
    expect(second).not.toBe(first);
    expect(most).toBe(1);
  } finally {
    await on.on(first, "systemctl", "kill", "--signal=CONT", "shoestring-agent");
  }
});
