import { expect, test } from "vitest";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { aTarget } from "../testing/builders.ts";
import { rolledMachine } from "../testing/rolled-machine.ts";
import type { Behaviour } from "../testing/simulated-machine/index.ts";
import type { Target } from "./roll.ts";

const old = aTarget(1);
const next = aTarget(2);

/** A machine under load, on which release 1 serves. */
async function loadedMachine(
  behaviours: Readonly<Record<string, Behaviour>>,
  differs: Partial<ServiceFile> = {},
) {
  const on = await rolledMachine(old, {
    service: { minHealthyTimeSeconds: 1, ...differs },
    behaviours,
  });
  const { machine, clock } = on;
  const context = await on.agent();
  const load = async () => {
    for (;;) {
      machine.request();
      await clock.sleep(20);
    }
  };
  void load();
  return { machine, roll: (target: Target) => on.roll(context, target) };
}

const times = (count: number, target: Target) => Array<string>(count).fill(target.releaseId);

test.each(["overlap", "in-place"] as const)(
  "%s: a release that answers its ping and dies at each third request reaches one process",
  async (strategy) => {
    const dies = { atRequest: 3 };
    const { machine, roll } = await loadedMachine({ [next.releaseId]: { dies } }, { strategy });

    await expect(roll(next)).rejects.toThrow(
      "process 1 of web (shoestring-web@1b), which served web-2-ccccccc, restarted: it exited with status 1",
    );

    expect(machine.serving().filter((it) => it === old.releaseId).length).toBeGreaterThanOrEqual(3);
    expect(machine.broken).toEqual([]);
  },
);

test("a release whose process dies after the last batch fails the roll at its end", async () => {
  const behaviours = { [next.releaseId]: { dies: { afterMs: 1900 } } };
  const { roll } = await loadedMachine(behaviours, { processes: 1, minHealthyTimeSeconds: 1.8 });
  await expect(roll(next)).rejects.toThrow("restarted: it exited with status 1");
});

test("an old release that crash-loops does not keep a better one from its processes", async () => {
  const { machine, roll } = await loadedMachine({ [old.releaseId]: { dies: { atRequest: 3 } } });

  await expect(roll(next)).resolves.toBe("done");

  expect(machine.serving()).toEqual(times(4, next));
});

test("the failure quotes what a process logged at its end, without any value of its environment", async () => {
  const lines = ["listening", "Error: hello 2 is no greeting", "Node.js v24.1.0"];
  const behaviours = { [next.releaseId]: { exitsAtStart: true, lines } };
  const { roll, machine } = await loadedMachine(behaviours);
  await machine.store.writeEnvironment(next.environmentId, next.releaseId, {
    environment: { GREETING: "hello 2" },
    scopes: { global: [], own: ["GREETING"] },
  });
  await expect(roll(next)).rejects.toThrow(
    "it exited with status 1; its log: Error: [redacted] is no greeting",
  );
});
