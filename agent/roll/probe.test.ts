import { expect, test } from "vitest";
import type { UnitState } from "../core/effects.ts";
import { aTarget } from "../testing/builders.ts";
import { rolledMachine } from "../testing/rolled-machine.ts";
import { untilHealthy } from "./probe.ts";

const target = aTarget(1);

test.each<readonly [string, UnitState]>([
  ["stopping: a child of it answers still", { status: "stopping", restarts: 0 }],
  ["started again, which nobody told", { status: "running", restarts: 1 }],
])("a process that answers well is not healthy while its unit is %s", async (_, unit) => {
  const { agent, clock } = await rolledMachine(target, { service: { minHealthyTimeSeconds: 0.5 } });
  const context = await agent();
  const supervisor = { ...context.supervisor, state: async () => unit };
  const healthy = untilHealthy({ ...context, supervisor }, { n: 1, side: "a" }, target.releaseId);
  await expect(clock.run(healthy)).rejects.toThrow("did not become healthy");
});
