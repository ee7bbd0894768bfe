import type { Consul } from "../../lib/consul.ts";
import type { Http } from "../../lib/http.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Supervisor } from "../core/effects.ts";
import { latestDeploy } from "../core/latest-deploy.ts";
import { type Journal, openJournal } from "../core/state.ts";
import type { DeployContext } from "../deploy/context.ts";
import { serveService } from "../deploy/serve.ts";
import { Retirements } from "../roll/retirements.ts";
import type { RolloutNotifier } from "../rollout/notifier.ts";
import { StatusWriter } from "../rollout/status-writer.ts";
import { noTracing } from "../trace/tracing.ts";
import { silentLog } from "./builders.ts";
import { healthOf } from "./health-of.ts";
import { Lifetime } from "./lifetime.ts";
import type { SimulatedMachine } from "./simulated-machine/index.ts";

interface AgentContext {
  readonly service: ServiceFile;
  readonly instance: string;
  /** Counts the agents of this instance. */
  readonly run: number;
  readonly machine: SimulatedMachine;
  /** The machine's own. */
  readonly clock: Clock;
  /** As it is reached from the machine. */
  readonly consul: Consul;
  /** Between 0 and 1: each agent tries for the lock at its own time. */
  readonly random: () => number;
  /** @param alive lets requests go out until the agent is killed. */
  readonly notifiers: (consul: Consul, alive: (http: Http) => Http) => readonly RolloutNotifier[];
  /** Called for each process that the agent starts. */
  readonly onStart: (process: number) => void;
}

/** The real agent on a simulated machine, until it is killed. */
export class SimulatedAgent {
  readonly #context: AgentContext;
  readonly #lifetime = new Lifetime();
  #hasExited = false;

  private constructor(context: AgentContext) {
    this.#context = context;
  }

  /** Starts an agent on a machine, which may have had others before. */
  static async start(context: AgentContext): Promise<SimulatedAgent> {
    const agent = new SimulatedAgent(context);
    const journal = await openJournal(agent.#lifetime.limit(context.machine.file));
    agent.#serve(journal);
    return agent;
  }

  hasExited(): boolean {
    return this.#hasExited;
  }

  /** Kills it: nothing answers it any more. */
  end(): void {
    this.#lifetime.end();
  }

  #serve(journal: Journal): void {
    const deploys = this.#deployContext(journal);
    const never = new AbortController().signal;
    serveService(deploys, this.#context.random, never).catch(() => {
      this.#hasExited = true;
    });
  }

  #deployContext(journal: Journal): DeployContext {
    const { service, instance, run, machine, notifiers } = this.#context;
    const { gate, probe, connections, store, memory } = machine;
    const life = this.#lifetime;
    const clock = { ...this.#context.clock, sleep: life.limit(this.#context.clock).sleep };
    const consul = life.limit(this.#context.consul);
    return {
      health: healthOf(machine, { service, instance, journal, clock }),
      requests: machine.requests,
      before: life.limit(machine.before),
      gate: life.limit(gate),
      probe: life.limit(probe),
      connections: life.limit(connections),
      store: life.limit(store),
      memory: life.limit(memory),
      supervisor: life.limit(this.#supervisor()),
      service,
      clock,
      instance,
      incarnation: `run ${run}`,
      consul,
      secrets: async () => new Map(),
      journal,
      statusWriter: new StatusWriter({ consul, clock, log: silentLog }),
      retirements: new Retirements(),
      latestDeploy: latestDeploy(),
      tracing: noTracing,
      notifiers: notifiers(consul, (http) => life.limitHttp(http)),
      log: silentLog,
    };
  }

  #supervisor(): Supervisor {
    const { machine, onStart } = this.#context;
    return {
      ...machine.supervisor,
      async start(place) {
        onStart(place.n);
        await machine.supervisor.start(place);
      },
    };
  }
}
