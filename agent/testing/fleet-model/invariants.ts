import type { Deploy, Rollout } from "../../../protocol/documents.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import type { ModelClock } from "./model-clock.ts";
import type { ModelConsul } from "./model-consul.ts";
import type { ModelInstance } from "./model-instance.ts";

/** A rule of docs/rules.md was broken; the message begins with its number. */
export class Broken extends Error {}

interface InvariantsContext {
  readonly service: ServiceFile;
  readonly clock: ModelClock;
  readonly consul: ModelConsul;
  readonly instances: readonly ModelInstance[];
}

/** What must always be true of a fleet, and the record that it is checked against. */
export class Invariants {
  /** How many builds were announced. */
  requests = 0;
  readonly #fleet: InvariantsContext;
  /** The instances that began a batch of a revision. */
  readonly #touched = new Map<number, Set<string>>();
  /** Revisions that all instances may roll to. */
  readonly #opened = new Set<number>();
  /** When everything first served a revision; set again after an interruption. */
  readonly #servedAtMs = new Map<number, number>();
  /** The rollback that was written together with the hold; a hold that is set alone names none. */
  #heldRollback: Deploy | undefined;
  #rollbacks = 0;
  #wasRestored = false;

  constructor(fleet: InvariantsContext) {
    this.#fleet = fleet;
  }

  /** A snapshot of Consul was restored: from here on only one rule is checked. */
  restored(): void {
    this.#wasRestored = true;
  }

  holdLifted(): void {
    this.#heldRollback = undefined;
  }

  /** An automatic deploy is about to be written. */
  checkAnnounced(): void {
    // A hold that is set alone between the read and the write came after this deploy.
    if (this.#heldRollback && this.#heldRollback === this.#fleet.consul.deploy) {
      this.#broken("rule 7: an automatic deploy over a rollback that is held");
    }
    this.requests += 1;
  }

  /** An instance is about to begin its roll. */
  checkOrder({ deploy: former }: ModelInstance, deploy: Deploy): void {
    if (former && this.#isOlder(deploy, former)) {
      this.#broken("rule 7: older never overwrites newer");
    }
  }

  /** Checked when a slot is chosen: an instance may be drained before the slot is acquired. */
  checkDrained(instance: ModelInstance): void {
    const rolling = this.#rollingBeside(instance);
    const drained = this.#fleet.instances.filter(
      (it) => it.isRegistered && it.isDrained && it !== instance && !rolling.includes(it),
    );
    const out = rolling.length + drained.length + 1;
    if (drained.length > 0 && out > this.#maxUnavailable()) {
      this.#broken(
        `rule 2: ${instance.name} rolls beside ${drained.map((it) => it.name)}, drained`,
      );
    }
  }

  /** An instance is about to begin a batch. */
  checkBatch(instance: ModelInstance, holdsSlot: boolean): void {
    const { rollsTo } = instance;
    if (!holdsSlot) this.#broken("rule 9: a batch began without its slot");
    this.#checkUnavailable(instance);
    this.#checkLateJoiner(instance, rollsTo);
    this.#checkCanary(instance, rollsTo);
    this.#checkNewInstance(instance, rollsTo);
  }

  #checkUnavailable(instance: ModelInstance): void {
    const rolling = this.#rollingBeside(instance);
    if (rolling.length + 1 > this.#maxUnavailable()) {
      this.#broken(
        `rule 2: ${[...rolling, instance].map((it) => it.name).join(", ")} roll at once`,
      );
    }
  }

  #checkLateJoiner({ lateJoiner }: ModelInstance, { revision }: Deploy): void {
    const { phase, ownedByLateJoiners } = this.#fleet.consul.rollout(revision) ?? {};
    if (lateJoiner === revision && phase !== "done" && !ownedByLateJoiners) {
      this.#broken("rule 10: an instance that came in the middle rolls before the rollout is done");
    }
  }

  #checkCanary({ name }: ModelInstance, { revision }: Deploy): void {
    const touched = this.#touched.get(revision) ?? new Set();
    this.#touched.set(revision, touched.add(name));
    const { service, instances } = this.#fleet;
    if (service.canary !== 1 || this.#opened.has(revision)) return;
    const others = [...touched].filter(
      (other) => other !== name && instances.some((it) => it.name === other && it.isRegistered),
    );
    if (others.length > 0) {
      this.#broken(`rule 2: ${name} rolls beside the canary ${others.join(", ")}`);
    }
  }

  #checkNewInstance(instance: ModelInstance, deploy: Deploy): void {
    const { goodAtBegin } = instance;
    if (instance.servesNothing() && goodAtBegin && goodAtBegin !== deploy) {
      this.#broken("rule 10: a new instance does not start what is good");
    }
  }

  /** A rollout's document was written after an instance's batch began. */
  rolloutBegun(revision: number, next: Rollout | undefined): void {
    if (next?.phase === "rolling") this.#opened.add(revision);
  }

  /** A rollout's document was written after a look at the fleet. */
  checkConclusion(revision: number, next: Rollout): void {
    switch (next.phase) {
      case "watching":
        this.#servedAtMs.set(revision, this.#fleet.clock.nowMs);
        break;
      case "rolling":
        if (!this.#opened.has(revision)) this.#checkCanaryDone(revision, next);
        break;
      case "done":
        this.#checkGood(revision, next);
        break;
      default:
        return;
    }
    this.#opened.add(revision);
  }

  #checkCanaryDone(revision: number, { canary }: Rollout): void {
    const { service, consul, instances } = this.#fleet;
    const found = instances.find((it) => it.name === canary);
    const isProven = consul.reports(revision).get(found?.name ?? "")?.report.phase === "done";
    if (service.canary === 1 && !isProven) {
      this.#broken("rule 2: the fleet was opened before the canary was done");
    }
  }

  #checkGood(revision: number, { canary }: Rollout): void {
    const { service, consul, clock } = this.#fleet;
    const failed = [...consul.reports(revision).values()].filter(
      ({ report }) => report.phase === "failed",
    );
    const isFatal = failed.some(({ report }) => report.instance === canary);
    if (isFatal || failed.length > service.maxFailures) {
      this.#broken("a release that was reported failed becomes good");
    }
    const watchedMs = clock.nowMs - (this.#servedAtMs.get(revision) ?? clock.nowMs);
    if (watchedMs < service.watchSeconds * 1000) {
      this.#broken("a release becomes good before its watch is over");
    }
  }

  /** A rollback is about to be written, with its hold. */
  checkRollback(failed: Deploy, rollback: Deploy): void {
    if (failed.kind === "rollback") this.#broken("a rollback was rolled back: it loops");
    this.#rollbacks += 1;
    if (this.#rollbacks > this.requests) this.#broken("more rollbacks than requests: it loops");
    if (rollback.release.id !== this.#fleet.consul.good?.release.id) {
      this.#broken("rolled back to what is not good");
    }
    this.#heldRollback = rollback;
  }

  /** All faults stopped long ago, and agents still have something to do. */
  neverEnds(phase: Rollout["phase"] | undefined, agents: readonly string[]): void {
    this.#broken(`it does not end: ${phase}; ${agents.join(", ")}`);
  }

  checkHold(): void {
    const { consul, service } = this.#fleet;
    if (consul.isHeld && service.autoRollback === false) {
      this.#broken("held without automatic rollback");
    }
  }

  #broken(rule: string): void {
    // A snapshot loses slots and rollouts, so batches may overlap; still no deploy goes back.
    if (this.#wasRestored && !rule.startsWith("rule 7: older")) return;
    throw new Broken(`${rule} (at ${this.#fleet.clock.nowMs} ms)`);
  }

  /** After a restored snapshot revisions are given a second time; then the time decides. */
  #isOlder(one: Deploy, other: Deploy): boolean {
    return this.#wasRestored
      ? Date.parse(one.at) < Date.parse(other.at)
      : one.revision < other.revision;
  }

  #rollingBeside(instance: ModelInstance): ModelInstance[] {
    const { instances, clock } = this.#fleet;
    return instances.filter((it) => it.busyUntilMs > clock.nowMs && it !== instance && it.isAlive);
  }

  #maxUnavailable(): number {
    return Number(this.#fleet.service.maxUnavailable);
  }
}
