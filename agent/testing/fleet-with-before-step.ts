import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { latestDeploy } from "../core/latest-deploy.ts";
import { openJournal } from "../core/state.ts";
import { applyDeploy } from "../deploy/apply-deploy.ts";
import { Retirements } from "../roll/retirements.ts";
import { StatusWriter } from "../rollout/status-writer.ts";
import { noTracing } from "../trace/tracing.ts";
import { aService, silentLog } from "./builders.ts";
import { healthOf } from "./health-of.ts";
import { simulatedClock } from "./simulated-clock.ts";
import {
  type Behaviour,
  type SimulatedMachine,
  simulatedMachine,
} from "./simulated-machine/index.ts";

const before = { command: ["bin/migrate"], timeoutSeconds: 30 };

/**
 * Instances of one fleet, each with a machine, whose service has a step before each release.
 *
 * @param timeouts those of instances whose file has another one.
 */
export function fleetWithBeforeStep(
  names: readonly string[],
  behaviours: Readonly<Record<string, Behaviour>> = {},
  timeouts: Readonly<Record<string, number>> = {},
) {
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  consul.nodes("web", names);
  const serviceOf = (name: string) => {
    const { timeoutSeconds } = before;
    const own = { ...before, timeoutSeconds: timeouts[name] ?? timeoutSeconds };
    return aService({ before: own, canary: 0, autoRollback: false });
  };
  const machines = new Map(
    names.map((name) => [name, simulatedMachine({ service: serviceOf(name), clock, behaviours })]),
  );
  /** A new agent of an instance; it knows only the disk. */
  const agent = async (name: string) => {
    const machine = machines.get(name) as SimulatedMachine;
    const service = serviceOf(name);
    const journal = await openJournal(machine.file);
    const latest = latestDeploy();
    const on = {
      ...machine,
      ...{ service, clock, consul, journal, instance: name, incarnation: "run", log: silentLog },
      health: healthOf(machine, { service, journal, clock, instance: name }),
      secrets: async () => new Map(),
      statusWriter: new StatusWriter({ consul, clock, log: silentLog }),
      latestDeploy: latest,
      retirements: new Retirements(),
      tracing: noTracing,
      notifiers: [],
    };
    /** Begins to apply a deploy; a newer one replaces it. */
    const apply = (deploy: Deploy) => {
      latest.put(deploy);
      return applyDeploy(on, deploy);
    };
    return { latest, apply, deploy: (it: Deploy) => clock.run(apply(it)) };
  };
  const steps = () => [...machines.values()].flatMap((machine) => machine.stepsBefore());
  return { clock, consul, machines, agent, steps };
}
