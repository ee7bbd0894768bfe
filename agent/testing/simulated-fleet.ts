import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import {
  Deploy,
  Drain,
  formatDocument,
  Hold,
  InstanceRollout,
  Pause,
  parseDocument,
  Rollout,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { aDeploy, aService } from "./builders.ts";
import { simulatedClock } from "./simulated-clock.ts";
import { type AgentNotifier, SimulatedInstance } from "./simulated-instance.ts";
import type { Behaviour } from "./simulated-machine/index.ts";

type Schema = Parameters<typeof parseDocument>[0];

interface FleetOptions {
  readonly service?: Partial<ServiceFile>;
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  /** Each agent's notifier, beside the recorded views. */
  readonly notifier?: AgentNotifier;
}

export const simulatedFleet = (options: FleetOptions = {}) => new SimulatedFleet(options);

/** Instances with the real agent on simulated machines, one Consul in memory and one clock. */
class SimulatedFleet {
  readonly clock = simulatedClock();
  readonly consul = memoryConsul(this.clock.sleep);
  readonly #options: FleetOptions;
  readonly #service: ServiceFile;
  readonly #instances = new Map<string, SimulatedInstance>();
  #unhealthy: readonly string[] = [];

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#service = aService({ processes: 2, autoRollback: true, ...options.service });
  }

  // Instances.

  instance(name: string): SimulatedInstance {
    const found = this.#instances.get(name);
    if (!found) throw new Error(`there is no instance ${name}`);
    return found;
  }

  /** Adds instances; each begins to serve by itself. */
  async add(...names: readonly string[]): Promise<void> {
    for (const name of names) this.#instances.set(name, await this.#startInstance(name));
    this.#register();
  }

  /** Removes an instance from the service and the catalogue. */
  async remove(name: string, sessionSeconds = 0): Promise<void> {
    await this.instance(name).kill(sessionSeconds);
    this.#instances.delete(name);
    this.#register();
  }

  /** Makes these instances unhealthy, and all others healthy. */
  ail(...names: readonly string[]): void {
    this.#unhealthy = names;
    this.#register();
  }

  /** Releases that each instance serves, without repetition. */
  serving(): Record<string, string[]> {
    return Object.fromEntries(
      [...this.#instances].map(([name, { machine }]) => [name, [...new Set(machine.serving())]]),
    );
  }

  // What people and workflows write.

  announce(deploy: Deploy): void {
    this.#write(keys.deploy(this.#name), Deploy, deploy);
  }

  pause(): void {
    const at = this.clock.now().toISOString();
    this.#write(keys.pause(this.#name), Pause, { schema: 2, by: "on-call", reason: "look", at });
  }

  resume(): void {
    this.consul.remove(keys.pause(this.#name));
  }

  drain(name: string, seconds: number): void {
    const now = this.clock.now();
    const at = now.toISOString();
    const until = new Date(now.getTime() + seconds * 1000).toISOString();
    const drain = { schema: 2, by: "on-call", reason: "disk", at, until } as const;
    this.#write(keys.drain(name), Drain, drain);
  }

  // Documents in Consul.

  deploy(): Deploy | undefined {
    return this.#read(keys.deploy(this.#name), Deploy);
  }

  good(): Deploy | undefined {
    return this.#read(keys.good(this.#name), Deploy);
  }

  hold(): Hold | undefined {
    return this.#read(keys.hold(this.#name), Hold);
  }

  rollout(revision: number): Rollout | undefined {
    return this.#read(keys.rollout(this.#name, revision), Rollout);
  }

  report(revision: number, name: string): InstanceRollout | undefined {
    return this.#read(keys.rolloutInstance(this.#name, revision, name), InstanceRollout);
  }

  /** Changes an instance's report, as its agent does after a process restarted by itself. */
  reports(revision: number, name: string, change: (was: InstanceRollout) => InstanceRollout): void {
    const was = this.report(revision, name);
    if (!was) throw new Error(`${name} has not reported of revision ${revision}`);
    const key = keys.rolloutInstance(this.#name, revision, name);
    this.#write(key, InstanceRollout, change(was));
  }

  /** Takes a snapshot of Consul; the result restores it. */
  snapshot(): () => void {
    const { consul } = this;
    const saved = new Map(consul.keys().map((key) => [key, consul.text(key) ?? ""]));
    return () => {
      for (const key of consul.keys()) if (!saved.has(key)) consul.remove(key);
      for (const [key, text] of saved) consul.put(key, text);
    };
  }

  // Time.

  pass(seconds: number): Promise<void> {
    return this.clock.run(this.clock.sleep(seconds * 1000));
  }

  /** Lets time pass until a condition holds. */
  async until(what: string, isSo: () => boolean, seconds = 1200): Promise<void> {
    const to = this.clock.monotonicMs() + seconds * 1000;
    while (!isSo()) {
      if (this.clock.monotonicMs() > to) throw new Error(`${what}: not within ${seconds} s`);
      await this.pass(0.1);
    }
  }

  /** Lets time pass until a rollout is in one of these phases. */
  ends(revision: number, ...phases: readonly Rollout["phase"][]): Promise<void> {
    return this.until(`revision ${revision} is ${phases.join(" or ")}`, () =>
      phases.includes(this.rollout(revision)?.phase ?? "canary"),
    );
  }

  get #name(): string {
    return this.#service.service;
  }

  #startInstance(name: string): Promise<SimulatedInstance> {
    const { behaviours = {}, notifier } = this.#options;
    return SimulatedInstance.start({
      service: this.#service,
      clock: this.clock,
      consul: this.consul,
      behaviours,
      notifier,
      name,
      order: this.#instances.size,
    });
  }

  #register(): void {
    this.consul.nodes(this.#name, [...this.#instances.keys()], this.#unhealthy);
  }

  #read<T>(key: string, schema: Schema): T | undefined {
    const text = this.consul.text(key);
    return text === undefined ? undefined : (parseDocument(schema, key, text) as T);
  }

  #write(key: string, schema: Schema, document: object): void {
    this.consul.put(key, formatDocument(schema, key, document));
  }
}

/** A fleet whose last known good release is release 1. */
export async function servingFleet(
  names: readonly string[],
  options: Parameters<typeof simulatedFleet>[0] = {},
) {
  const fleet = simulatedFleet(options);
  fleet.announce(aDeploy(1));
  await fleet.add(...names);
  await fleet.ends(1, "done");
  return fleet;
}
