import type { ServiceInstance } from "../../../lib/consul.ts";
import type { SeededRandom } from "../../../lib/seeded-random.ts";
import type { Deploy, InstanceRollout, Pause, Rollout } from "../../../protocol/documents.ts";
import type { FleetSnapshot, GateInputs, ReadReport } from "../../rollout/fleet-snapshot.ts";
import type { ReadSlot } from "../../rollout/slot.ts";
import type { ModelInstance } from "./model-instance.ts";

interface Entry<T> {
  readonly value: T;
  readonly index: number;
}

const none: ReadonlySet<string> = new Set();
const paused: Pause = { schema: 2, by: "", reason: "", at: "" };

/** Consul's keys, sessions and catalogue of one service, and servers that lag behind. */
export class ModelConsul {
  isHeld = false;
  isPaused = false;
  readonly #network: SeededRandom;
  readonly #instances: readonly ModelInstance[];
  #index = 1;
  #deploy: Entry<Deploy> | undefined;
  #good: Deploy | undefined;
  readonly #sessions = new Set<number>();
  #lastSession = 0;
  readonly #slots = new Map<number, ReadSlot>();
  readonly #rollouts = new Map<number, Entry<Rollout>>();
  readonly #reports = new Map<number, Map<string, ReadReport>>();
  /** The stale answers of a server that lags behind. */
  readonly #staleLists = new Map<number, FleetSnapshot>();

  constructor(network: SeededRandom, instances: readonly ModelInstance[]) {
    this.#network = network;
    this.#instances = instances;
  }

  // Deploys.

  get deploy(): Deploy | undefined {
    return this.#deploy?.value;
  }

  /** 0 if there is no deploy. */
  get deployIndex(): number {
    return this.#deploy?.index ?? 0;
  }

  get good(): Deploy | undefined {
    return this.#good;
  }

  /** The service runs this deploy, and it is good, before anything happens. */
  startWith(deploy: Deploy): void {
    this.#deploy = { value: deploy, index: this.#index };
    this.#good = deploy;
  }

  announce(deploy: Deploy): void {
    this.#index += 1;
    this.#deploy = { value: deploy, index: this.#index };
    // These exist only after a restored snapshot: the writer deletes them.
    for (const kept of [this.#rollouts, this.#reports, this.#staleLists]) {
      kept.delete(deploy.revision);
    }
  }

  /** In the transaction that ends the failed rollout. */
  rollBack(rollback: Deploy): void {
    this.#deploy = { value: rollback, index: this.#index };
  }

  /** In the transaction that ends the rollout of this deploy. */
  becomesGood(deploy: Deploy): void {
    if (!this.#good || this.#good.revision < deploy.revision) this.#good = deploy;
  }

  // Sessions and slots.

  openSession(): number {
    this.#lastSession += 1;
    this.#sessions.add(this.#lastSession);
    return this.#lastSession;
  }

  isLive(session: number | undefined): boolean {
    return session !== undefined && this.#sessions.has(session);
  }

  /** Its slots keep the name of their holder. */
  endSession(session: number | undefined): void {
    if (session === undefined) return;
    this.#sessions.delete(session);
    for (const { n, session: holding, holder } of this.#slots.values()) {
      if (holding === `${session}`) this.#writeSlot(n, undefined, holder);
    }
  }

  slots(): ReadSlot[] {
    return [...this.#slots.values()];
  }

  /** A slot as it is read: with index 0 if nobody ever acquired it. */
  slot(n: number): ReadSlot {
    return this.#slots.get(n) ?? { n, index: 0, session: undefined, holder: undefined };
  }

  isUnchanged({ n, index }: ReadSlot): boolean {
    return (this.#slots.get(n)?.index ?? 0) === index;
  }

  holdsSlot(n: number | undefined, session: number | undefined): boolean {
    return n !== undefined && session !== undefined && this.#slots.get(n)?.session === `${session}`;
  }

  acquireSlot(n: number, { session, name }: ModelInstance): void {
    this.#writeSlot(n, session === undefined ? undefined : `${session}`, name);
  }

  releaseSlot(n: number): void {
    this.#writeSlot(n, undefined, undefined);
  }

  #writeSlot(n: number, session: string | undefined, holder: string | undefined): void {
    this.#index += 1;
    this.#slots.set(n, { n, index: this.#index, session, holder });
  }

  // Rollouts and their reports.

  rollout(revision: number): Rollout | undefined {
    return this.#rollouts.get(revision)?.value;
  }

  /** 0 if there is no rollout. */
  rolloutIndex(revision: number): number {
    return this.#rollouts.get(revision)?.index ?? 0;
  }

  /** @param next undefined for a transaction that leaves the document as it is. */
  writeRollout(revision: number, next: Rollout | undefined): void {
    this.#index += 1;
    if (next) this.#rollouts.set(revision, { value: next, index: this.#index });
  }

  reports(revision: number): Map<string, ReadReport> {
    const found = this.#reports.get(revision) ?? new Map<string, ReadReport>();
    this.#reports.set(revision, found);
    return found;
  }

  writeReport(report: InstanceRollout): void {
    this.#index += 1;
    this.reports(report.revision).set(report.instance, { report, index: this.#index });
  }

  /** In the transaction of a report: who concluded without the report is refused. */
  touchRollout(revision: number): void {
    const rollout = this.#rollouts.get(revision);
    if (!rollout || rollout.value.endedAt !== undefined) return;
    this.#rollouts.set(revision, { value: rollout.value, index: this.#index });
  }

  // What agents read.

  readGateInputs(revision: number, isDrained: boolean): GateInputs {
    const rollout = this.#rollouts.get(revision);
    return {
      rollout: rollout?.value,
      index: rollout?.index ?? 0,
      since: 0,
      pause: this.isPaused ? paused : undefined,
      isDrained,
    };
  }

  /** The list of a rollout's keys, perhaps a stale one; the rest of the view is read later. */
  listRollout(deploy: Deploy): FleetSnapshot {
    const { revision } = deploy;
    const rollout = this.#rollouts.get(revision);
    const now: FleetSnapshot = {
      rollout: rollout?.value,
      index: rollout?.index ?? 0,
      since: 0,
      pause: undefined,
      deploy,
      reports: [...this.reports(revision).values()],
      instances: [],
      drained: none,
      unreadable: [],
      coordinator: undefined,
    };
    const stale = this.#staleLists.get(revision);
    if (stale && this.#network.chance(0.05)) return stale;
    this.#staleLists.set(revision, now);
    return now;
  }

  /** The view with the catalogue, the drains and the pause. */
  readCatalogue(view: FleetSnapshot): FleetSnapshot {
    const instances: ServiceInstance[] = [];
    const drained = new Set<string>();
    for (const { name, isRegistered, isAlive, isHealthy, isDrained } of this.#instances) {
      if (isRegistered) instances.push({ name, isAlive, isHealthy: isAlive && isHealthy });
      if (isDrained) drained.add(name);
    }
    const pause = this.isPaused ? paused : undefined;
    return { ...view, pause, instances, drained };
  }

  /** Saves the state; the result restores it, without the sessions. */
  snapshot(): () => void {
    const index = this.#index;
    const deploy = this.#deploy;
    const good = this.#good;
    const { isHeld } = this;
    const slots = this.slots();
    const rollouts = [...this.#rollouts];
    const reports = [...this.#reports].map(([revision, of]) => [revision, new Map(of)] as const);
    return () => {
      this.#index = index;
      this.#deploy = deploy;
      this.#good = good;
      this.isHeld = isHeld;
      for (const map of [this.#slots, this.#rollouts, this.#reports, this.#staleLists]) map.clear();
      for (const slot of slots) this.#slots.set(slot.n, { ...slot, session: undefined });
      for (const [revision, rollout] of rollouts) this.#rollouts.set(revision, rollout);
      for (const [revision, of] of reports) this.#reports.set(revision, new Map(of));
      this.#sessions.clear();
    };
  }
}
