import { expect, test } from "vitest";
import type { OneShotUnit } from "../core/effects.ts";
import { ClosableSupervisor } from "../roll/closable-supervisor.ts";
import { aTarget } from "../testing/builders.ts";
import { rolledMachine } from "../testing/rolled-machine.ts";
import { stopServing } from "./stop-serving.ts";

const target = aTarget(1);

/** Leaves a machine with a step and a scheduled command; one of them takes so long. */
async function leave(kind: "before" | "cron", seconds: number, isStarted = true) {
  const on = await rolledMachine(target, {
    service: {
      before: { command: ["bin/migrate"], timeoutSeconds: 600 },
      cron: { nightly: { command: ["bin/nightly"], at: "03:00", timeoutSeconds: 600 } },
      stopTimeoutSeconds: 30,
    },
    behaviours: { [target.releaseId]: { [kind]: { ms: seconds * 1000 } } },
  });
  const { machine, clock } = on;
  const unit = machine[kind];
  const contents = { releaseId: target.releaseId, command: ["it"], environment: {} };
  await machine.store.stageOneShot(kind === "cron" ? "cron-nightly" : "before", contents);
  if (isStarted) await unit.start();
  const { service, connections, log } = await on.agent();
  // No journal: that of a service may be damaged while its processes run.
  const context = {
    ...{ service, connections, clock, log },
    units: new ClosableSupervisor(machine.supervisor),
  };
  const stop = async (of: OneShotUnit = unit) => {
    const beganAtMs = clock.monotonicMs();
    const oneShots = { before: machine.before, cron: machine.cron, [kind]: of };
    const { before, cron } = oneShots;
    await clock.run(stopServing({ ...context, before, unitOf: () => cron }));
    return (clock.monotonicMs() - beganAtMs) / 1000;
  };
  return { ...on, unit, stop };
}

test("a service is stopped without its journal, which may be damaged", async () => {
  const { stop, machine } = await leave("cron", 60, false);
  expect(machine.serving()).not.toContain("out");

  await stop();

  expect(new Set(machine.serving())).toEqual(new Set(["out"]));
});

test.each(["before", "cron"] as const)(
  "an instance whose %s command runs stops its processes and waits until the command has ended",
  async (kind) => {
    const { stop, unit, machine } = await leave(kind, 300);

    const seconds = await stop();

    expect(await unit.state()).toBe("done");
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeLessThan(310);
    expect(new Set(machine.serving())).toEqual(new Set(["out"]));
  },
);

test("an instance whose commands do not run, or have ended, waits for none of them", async () => {
  const { stop } = await leave("before", 300, false);
  const idle = await stop();
  const { stop: stopLater, clock } = await leave("cron", 1);
  await clock.run(clock.sleep(60_000));

  expect(await stopLater()).toBeCloseTo(idle, 0);
});

test("a command that does not end is waited for up to its timeout and its stop", async () => {
  const { stop } = await leave("cron", 10_000);

  const seconds = await stop();

  expect(seconds).toBeGreaterThanOrEqual(630);
  expect(seconds).toBeLessThan(650);
});

test("a question that systemd does not answer does not cut a command", async () => {
  const { stop, unit } = await leave("before", 100);
  let asked = 0;
  const state = async () => {
    asked += 1;
    if (asked < 5) throw new Error("no answer from systemd");
    return unit.state();
  };

  await stop({ ...unit, state });

  expect(await unit.state()).toBe("done");
});
