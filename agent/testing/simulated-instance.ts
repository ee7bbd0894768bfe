import type { Consul } from "../../lib/consul.ts";
import type { Http } from "../../lib/http.ts";
import type { MemoryConsul } from "../../lib/testing/memory-consul.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock } from "../core/effects.ts";
import type { RolloutNotifier } from "../rollout/notifier.ts";
import { reachedFrom } from "./reached-consul.ts";
import { SimulatedAgent } from "./simulated-agent.ts";
import type { SimulatedClock } from "./simulated-clock.ts";
import {
  type Behaviour,
  type SimulatedMachine,
  simulatedMachine,
} from "./simulated-machine/index.ts";

/** Consul ends a session this long after it was last renewed, or later. */
const sessionMs = 15_000;

/** Builds an agent's notifier. @param alive lets requests go out until the agent is killed. */
export type AgentNotifier = (
  clock: SimulatedClock,
  consul: Consul,
  alive: (http: Http) => Http,
) => RolloutNotifier;

interface InstanceContext {
  readonly service: ServiceFile;
  readonly clock: SimulatedClock;
  readonly consul: MemoryConsul;
  readonly behaviours: Readonly<Record<string, Behaviour>>;
  /** Beside the recorded views. */
  readonly notifier: AgentNotifier | undefined;
  readonly name: string;
  /** From 0: the first instance tries for the lock first. */
  readonly order: number;
}

/** A simulated machine with its agents, one after the other. */
export class SimulatedInstance {
  readonly machine: SimulatedMachine;
  /** Numbers of the processes that were started. */
  readonly starts: string[] = [];
  /** Views that this instance's agent showed as a coordinator. */
  readonly views: RolloutView[] = [];
  readonly #context: InstanceContext;
  /** The sessions that its agent renews. */
  readonly #sessions = new Set<string>();
  #steppedMs = 0;
  #runs = 0;
  #agent: SimulatedAgent | undefined;

  private constructor(context: InstanceContext) {
    this.#context = context;
    this.machine = simulatedMachine(context);
  }

  static async start(context: InstanceContext): Promise<SimulatedInstance> {
    const instance = new SimulatedInstance(context);
    await instance.#startAgent();
    return instance;
  }

  /** Sets the machine's clock relative to the others. */
  stepClock(seconds: number): void {
    this.#steppedMs += seconds * 1000;
  }

  /** Whether the agent was killed at an effect, or exited: the supervisor restarts it. */
  isDown(): boolean {
    return this.machine.isDead() || this.#agent?.hasExited() === true;
  }

  /** Starts a new agent on the same machine. Sessions that it does not take over expire. */
  async restart(): Promise<void> {
    const { clock, consul } = this.#context;
    this.#agent?.end();
    this.machine.revive();
    const former = [...this.#sessions];
    this.#sessions.clear();
    void clock.sleep(sessionMs).then(() => {
      for (const id of former) if (!this.#sessions.has(id)) consul.expireSession(id);
    });
    await this.#startAgent();
  }

  /** Kills the agent for good; its sessions end when Consul's wait is over. */
  async kill(sessionSeconds = 0): Promise<void> {
    const { clock, consul } = this.#context;
    this.#agent?.end();
    if (sessionSeconds > 0) await clock.run(clock.sleep(sessionSeconds * 1000));
    for (const id of this.#sessions) consul.expireSession(id);
  }

  async #startAgent(): Promise<void> {
    const { service, name, order, consul } = this.#context;
    this.#runs += 1;
    this.#agent = await SimulatedAgent.start({
      service,
      instance: name,
      run: this.#runs,
      machine: this.machine,
      clock: this.#clock(),
      consul: reachedFrom(this.machine, consul, this.#sessions),
      random: () => order / 100,
      notifiers: (reached, alive) => this.#notifiers(reached, alive),
      onStart: (process) => void this.starts.push(`${process}`),
    });
  }

  /** The machine's clock, whose date may differ from the others'. */
  #clock(): Clock {
    const { clock } = this.#context;
    return { ...clock, now: () => new Date(clock.now().getTime() + this.#steppedMs) };
  }

  #notifiers(consul: Consul, alive: (http: Http) => Http): readonly RolloutNotifier[] {
    const { notifier, clock } = this.#context;
    const record: RolloutNotifier = {
      show: (view) => void this.views.push(view),
      settled: async () => {},
    };
    return notifier ? [record, notifier(clock, consul, alive)] : [record];
  }
}
