import type { Deploy } from "../../../protocol/documents.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { aDeploy } from "../builders.ts";
import { Invariants } from "./invariants.ts";
import { ModelAgent } from "./model-agent.ts";
import { ModelClock } from "./model-clock.ts";
import { ModelConsul } from "./model-consul.ts";
import type { ModelContext } from "./model-context.ts";
import { ModelInstance } from "./model-instance.ts";
import { modelService } from "./model-service.ts";
import { People } from "./people.ts";
import { type Random, randomFrom } from "./random.ts";
import type { Rules } from "./rules.ts";

/** The instances of a service with their agents, one Consul, and the people who deploy. */
export class ModelFleet implements ModelContext {
  readonly by: Rules;
  readonly random: Random;
  readonly service: ServiceFile;
  readonly clock = new ModelClock();
  readonly consul: ModelConsul;
  readonly invariants: Invariants;
  readonly people: People;
  readonly bad = new Map<string, ReadonlySet<string>>();
  readonly instances: ModelInstance[] = [];
  readonly agents: ModelAgent[] = [];
  readonly #initial: Deploy;

  constructor(seed: number, by: Rules) {
    this.by = by;
    this.random = randomFrom(seed);
    this.service = modelService(this.random);
    this.consul = new ModelConsul(this.random.people, this.instances);
    this.invariants = new Invariants(this);
    this.people = new People(this);
    this.#initial = aDeploy(1, { at: this.clock.date().toISOString() });
  }

  /** A few instances that serve a good release, or nothing before the first deploy; and a build. */
  begin(): void {
    const { order } = this.random;
    const count = 2 + order.below(3);
    const isFirst = order.chance(0.15);
    const { id } = this.#initial.release;
    for (let i = 0; i < count; i += 1) this.addInstance(isFirst ? undefined : id);
    if (!isFirst) {
      this.consul.startWith(this.#initial);
      this.bad.set(id, new Set(order.chance(0.1) ? ["web-1"] : []));
      for (const instance of this.instances) {
        instance.deploy = this.#initial;
        instance.ended = "done";
      }
    }
    while (this.invariants.requests === 0) this.people.announce();
  }

  addInstance(serving: string | undefined): void {
    const instance = new ModelInstance(`web-${this.instances.length + 1}`, serving);
    this.instances.push(instance);
    this.agents.push(new ModelAgent(this, instance));
  }

  /** A rolled process restarts by itself, at any time after its roll. */
  restartProcess(): void {
    const { processes } = this.random;
    const instance = this.instances[processes.below(this.instances.length)] as ModelInstance;
    const { ended, isAlive, deploy } = instance;
    if (ended === "done" && isAlive && deploy !== this.#initial) instance.hasFault = true;
  }

  /** Takes a snapshot of Consul; the result restores it. */
  snapshot(): () => void {
    const restore = this.consul.snapshot();
    return () => {
      restore();
      this.people.abandonUpload();
      this.invariants.restored();
    };
  }
}
