import type { ServiceFile } from "../../protocol/service-file.ts";
import { openJournal } from "../core/state.ts";
import type { MayBootAhead } from "../roll/boot-ahead.ts";
import type { Context } from "../roll/context.ts";
import { silentProgress } from "../roll/progress.ts";
import { Retirements } from "../roll/retirements.ts";
import { type AcquireSlot, rollInstance, type Target } from "../roll/roll.ts";
import { aService, silentLog } from "./builders.ts";
import { healthOf } from "./health-of.ts";
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts";
import {
  type Behaviour,
  type SimulatedMachine,
  simulatedMachine,
} from "./simulated-machine/index.ts";

interface Options {
  /** Settings of the service that differ. */
  readonly service?: Partial<ServiceFile>;
  /** How releases behave, by id. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  /** Parts of the roll's context that differ. */
  readonly context?: (machine: SimulatedMachine, clock: SimulatedClock) => Partial<Context>;
}

/**
 * A machine that serves a release, brought there by an ordinary roll; its slot gate always allows
 * the next batch.
 */
export async function rolledMachine(serves: Target, options: Options = {}) {
  const service = aService(options.service);
  const clock = simulatedClock();
  const machine = simulatedMachine({ service, clock, behaviours: options.behaviours ?? {} });

  /** A new agent process: it knows only the disk. */
  const agent = async (): Promise<Context> => {
    const journal = await openJournal(machine.file);
    const health = healthOf(machine, { service, journal, clock });
    health.watch();
    const retirements = new Retirements();
    const context = {
      ...{ ...machine, service, clock, journal, health, retirements, log: silentLog },
      ...silentProgress,
      ...options.context?.(machine, clock),
    };
    retirements.reportTo(context);
    return context;
  };
  const roll = (
    context: Context,
    target: Target,
    acquireSlot: AcquireSlot = async () => "go on",
    mayBootAhead: MayBootAhead = async () => true,
    replaced?: AbortSignal,
  ) => {
    const options = { mayBootAhead, ...(replaced ? { replaced } : {}) };
    return clock.run(rollInstance(context, target, acquireSlot, () => {}, options));
  };

  await roll(await agent(), serves);
  machine.nowServing();
  return { machine, clock, service, agent, roll };
}
