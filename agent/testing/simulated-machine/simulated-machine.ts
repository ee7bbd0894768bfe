import { processNumbers, type ServiceFile } from "../../../protocol/service-file.ts";
import type {
  Connections,
  Ends,
  Gate,
  Memory,
  OneShotUnit,
  Place,
  Probe,
  RequestLog,
  Store,
  Supervisor,
} from "../../core/effects.ts";
import { emptyState, type ServiceState, type StateFile } from "../../core/state.ts";
import type { SimulatedClock } from "../simulated-clock.ts";
import {
  connectionsOf,
  endsOf,
  gateOf,
  type MachineParts,
  memoryOf,
  oneShotOf,
  probeOf,
  storeOf,
  supervisorOf,
} from "./agent-effects.ts";
import type { Behaviour } from "./behaviour.ts";
import { Effects, type Fault } from "./effects.ts";
import { FrontPorts } from "./front-ports.ts";
import { Nginx } from "./nginx.ts";
import { placeId } from "./places.ts";
import { Processes } from "./processes.ts";
import { Rotation } from "./rotation.ts";
import { SimulatedOneShot } from "./simulated-one-shot.ts";

interface Options {
  readonly service: ServiceFile;
  readonly clock: SimulatedClock;
  /** By release. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
}

export const simulatedMachine = (options: Options) => new SimulatedMachine(options);

/**
 * A machine in memory: processes, gate, folders and the state file, which outlive the agent. It
 * checks rules 1 and 2 at every change.
 */
export class SimulatedMachine {
  // What the agent reaches. Tests spread the machine, so these are its own properties.
  readonly gate: Gate;
  readonly supervisor: Supervisor;
  readonly probe: Probe;
  readonly ends: Ends;
  readonly requests: RequestLog;
  readonly before: OneShotUnit;
  readonly cron: OneShotUnit;
  readonly connections: Connections;
  readonly memory: Memory;
  readonly store: Store;
  readonly file: StateFile;
  /** Broken rules so far, in words. */
  readonly broken: string[] = [];
  readonly #clock: SimulatedClock;
  readonly #parts: MachineParts;
  readonly #nginx: Nginx;
  #disk: ServiceState = emptyState;

  constructor({ service, clock, behaviours = {} }: Options) {
    const { broken } = this;
    const fronts = new FrontPorts(clock);
    const processes = new Processes({ clock, behaviours, broken });
    const rotation = new Rotation({ service, fronts, processes, broken });
    const effects = new Effects((after) => rotation.check(after));
    const step = new SimulatedOneShot(clock, (release) => behaviours[release], "before");
    const cron = new SimulatedOneShot(clock, (release) => behaviours[release], "cron");
    this.#clock = clock;
    this.#nginx = new Nginx({ service, clock, fronts, processes });
    this.#parts = { service, effects, fronts, processes, rotation, step, cron };
    this.gate = gateOf(this.#parts);
    this.supervisor = supervisorOf(this.#parts);
    this.probe = probeOf(this.#parts);
    this.ends = endsOf(this.#parts);
    this.before = oneShotOf("before", this.#parts, step);
    this.cron = oneShotOf("cron", this.#parts, cron);
    this.requests = this.#nginx.log;
    this.connections = connectionsOf(this.#parts);
    this.memory = memoryOf(this.#parts);
    this.store = storeOf(this.#parts);
    this.file = {
      read: () => effects.run("state.read", () => this.#disk),
      write: (state) =>
        effects.run("state.write", () => {
          this.#disk = structuredClone(state);
        }),
    };
  }

  // Faults.

  /** Makes another action of the agent, such as a call to Consul, an effect as well. */
  effect<T>(name: string, act: () => T | Promise<T>): Promise<T> {
    return this.#parts.effects.run(name, act);
  }

  effects(): number {
    return this.#parts.effects.count;
  }

  /** How many effects so far have a middle. */
  middles(): number {
    return this.#parts.effects.middles;
  }

  inject(fault: Fault): void {
    this.#parts.effects.inject(fault);
  }

  isDead(): boolean {
    return this.#parts.effects.isDead;
  }

  /** Replaces an agent that hung with a new one. */
  newAgent(): void {
    if (this.isDead()) this.#clock.forgetSleepers();
    this.revive();
  }

  /** The same when others sleep by this clock: the agent that hung must not get any answer. */
  revive(): void {
    this.#parts.effects.revive();
  }

  // What happens to the machine.

  /** The first deploy is over: the rules are checked from here on. */
  nowServing(): void {
    this.#parts.rotation.isChecked = true;
  }

  /** The machine begins to shut down: processes go on for a while, and none is started. */
  shutDown(): void {
    this.#parts.processes.isEnding = true;
  }

  /** Cuts the power: nothing runs, the gate is empty, the disk stays. */
  cutPower(): void {
    const { processes, fronts, rotation, step, cron } = this.#parts;
    processes.cutPower();
    step.reset();
    cron.reset();
    fronts.cutPower();
    this.#clock.forgetSleepers();
    this.revive();
    rotation.isChecked = false;
  }

  /** A process exits by itself; the supervisor restarts it. */
  crash(place: Place): void {
    this.#parts.processes.die(place);
  }

  /** Removes the folder of a place: its process cannot be started again. */
  losePlace(place: Place): void {
    this.#parts.processes.removePlace(place);
  }

  /**
   * A user's request, sent to the next process in nginx's order.
   *
   * @returns whether it was answered: not if the process exits at it, or none is running.
   */
  request(path = "/"): boolean {
    return this.#nginx.request(path);
  }

  // What a test looks at.

  /** The releases before which the step was started, in their order. */
  stepsBefore(): readonly string[] {
    return this.#parts.step.runs;
  }

  /** The releases with which the scheduled command was started, in their order. */
  cronRuns(): readonly string[] {
    return this.#parts.cron.runs;
  }

  disk(): ServiceState {
    return this.#disk;
  }

  /** The release in which nginx looks first for static files. */
  staticFrom(): string | undefined {
    return this.#parts.fronts.staticFrom;
  }

  /** The release that each process serves, by number, or why it does not serve. */
  serving(): string[] {
    const { service, rotation } = this.#parts;
    return processNumbers(service).map((n) => {
      const process = rotation.processOf(n);
      return rotation.serves(n) && process ? process.contents.releaseId : "out";
    });
  }

  /** Environment of each serving process, without the agent's own variables. */
  environments(): (string | undefined)[] {
    const { service, rotation } = this.#parts;
    return processNumbers(service).map((n) => rotation.processOf(n)?.contents.environment.GREETING);
  }

  /** Processes that run although nothing points to them. */
  leftovers(): string[] {
    const { service, rotation } = this.#parts;
    return processNumbers(service).flatMap((n) => {
      const spare = rotation.leftoverOf(n);
      return spare ? [placeId(spare)] : [];
    });
  }
}
