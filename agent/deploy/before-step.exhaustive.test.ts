import { expect, test } from "vitest";
import { InstanceRollout, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy } from "../testing/builders.ts";
import { fleetWithBeforeStep } from "../testing/fleet-with-before-step.ts";
import type { SimulatedMachine } from "../testing/simulated-machine/index.ts";

test("wherever the agent is killed, the step runs once at most, and the deploy ends", async () => {
  const clean = fleetWithBeforeStep(["web-1"]);
  const first = clean.machines.get("web-1") as SimulatedMachine;
  await (await clean.agent("web-1")).deploy(aDeploy(1));
  first.inject(() => undefined);
  await (await clean.agent("web-1")).deploy(aDeploy(2));
  const effects = first.effects();
  expect(effects).toBeGreaterThan(80);
  let cut = 0;
  for (let at = 0; at < effects; at += 1) {
    const { clock, consul, machines, agent, steps } = fleetWithBeforeStep(["web-1"]);
    const machine = machines.get("web-1") as SimulatedMachine;
    await (await agent("web-1")).deploy(aDeploy(1));
    const killed = await agent("web-1");
    machine.inject((effect) => (effect === at ? "die after" : undefined));
    void killed.apply(aDeploy(2));
    await clock.run(clock.sleep(10_000));
    machine.newAgent();
    await (await agent("web-1")).deploy(aDeploy(2));

    const report = consul.text(keys.rolloutInstance("web", 2, "web-1")) ?? "";
    const { phase, error = "" } = parseDocument(InstanceRollout, "report", report);
    const times = steps().filter((it) => it === aDeploy(2).release.id).length;
    const how = `killed after effect ${at}: ${phase}, ${error}, ${times} times`;
    if (error.includes("it was cut")) cut += 1;
    else expect(phase, how).toBe("done");
    expect(times, how).toBeLessThanOrEqual(1);
  }
  // Only between the claim and the start of the unit.
  expect(cut).toBeGreaterThan(0);
  expect(cut).toBeLessThan(6);
});
