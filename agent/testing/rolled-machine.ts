import type { ServiceFile } from "../../protocol/service-file.ts";
import { openJournal } from "../core/state.ts";
import type { MayBootAhead } from "../roll/boot-ahead.ts";
import { type Context, untold } from "../roll/context.ts";
import { type AcquireSlot, rollInstance, type Target } from "../roll/roll.ts";
import { aService, silentLog } from "./builders.ts";
import { healthOf } from "./health-of.ts";
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts";
import { type Behaviour, type SimulatedMachine, simulatedMachine } from "./simulated-machine.ts";

interface Options {
  /** What differs in the service. */
  readonly service?: Partial<ServiceFile>;
  /** How releases behave, by id. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  /** What differs in what a roll is given. */
  readonly context?: (machine: SimulatedMachine, clock: SimulatedClock) => Partial<Context>;
}

/** A machine on which a release serves, rolled as any other; its slot may always go on. */
export async function rolledMachine(serves: Target, options: Options = {}) {
  const service = aService(options.service);
  const clock = simulatedClock();
  const machine = simulatedMachine({ service, clock, behaviours: options.behaviours ?? {} });

  /** A new agent process: what it knows is what is on the disk. */
  const agent = async (): Promise<Context> => {
    const journal = await openJournal(machine.file);
    const health = healthOf(machine, { service, journal, clock });
    health.watch();
    return {
      ...{ ...machine, service, clock, journal, health, log: silentLog },
      ...untold,
      ...options.context?.(machine, clock),
    };
  };
  const roll = (
    context: Context,
    target: Target,
    acquireSlot: AcquireSlot = async () => "go on",
    mayBootAhead: MayBootAhead = async () => true,
  ) => clock.run(rollInstance(context, target, acquireSlot, () => {}, mayBootAhead));

  await roll(await agent(), serves);
  machine.nowServing();
  return { machine, clock, service, agent, roll };
}
