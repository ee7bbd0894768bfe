import { type FleetSnapshot, type GateInputs, gateInputsOf } from "../../rollout/fleet-snapshot.ts";
import type { ReadSlot } from "../../rollout/slot.ts";
import { type UnchangedTimer, unchangedTimer } from "../../rollout/timers.ts";
import type { ModelContext } from "./model-context.ts";
import type { ModelInstance } from "./model-instance.ts";
import type { ModelReport } from "./model-report.ts";
import { batchBoundMs } from "./model-service.ts";

/** The exchanges with Consul before each batch. */
type Step = "read gate inputs" | "read fleet" | "read catalogue" | "prove";

/** States again, as steps, what `agent/rollout/slot-gate.ts` does. */
export class ModelSlotGate {
  readonly #context: ModelContext;
  readonly #instance: ModelInstance;
  readonly #report: ModelReport;
  #step: Step = "read gate inputs";
  #known: GateInputs | undefined;
  #view: FleetSnapshot | undefined;
  #slotTimer: UnchangedTimer;
  #waitsForHealth = false;
  #slot: number | undefined;
  /** The slot that it is about to acquire, as it was read; undefined while it holds one. */
  #taking: ReadSlot | undefined;
  /** Whether it renews its session: a killed agent does so again only when it needs the session. */
  #renewsSession = false;

  constructor(context: ModelContext, instance: ModelInstance, report: ModelReport) {
    this.#context = context;
    this.#instance = instance;
    this.#report = report;
    this.#slotTimer = unchangedTimer(() => context.clock.nowMs);
  }

  get step(): Step {
    return this.#step;
  }

  /** Whether it looks again and again because too few other instances are healthy. */
  get waitsForHealth(): boolean {
    return this.#waitsForHealth && this.#step !== "prove";
  }

  /** Whether a newer deploy is noticed at this step. */
  get seesNewerDeploy(): boolean {
    return this.#step === "read gate inputs" || this.#step === "prove";
  }

  /** For a new deploy. */
  begin(): void {
    const { clock } = this.#context;
    this.#slotTimer = unchangedTimer(() => clock.nowMs);
    this.#step = "read gate inputs";
  }

  kill(): void {
    this.#slot = undefined;
    this.#renewsSession = false;
  }

  /** Its session ends if it is no longer renewed. */
  expireSession(): void {
    if (!this.#renewsSession) this.#context.consul.endSession(this.#instance.session);
  }

  release(): void {
    if (this.#slot !== undefined && this.holdsSlot()) this.#context.consul.releaseSlot(this.#slot);
    this.#slot = undefined;
  }

  holdsSlot(): boolean {
    return this.#context.consul.holdsSlot(this.#slot, this.#instance.session);
  }

  /** One step towards the next batch. @returns undefined while it is not decided. */
  advance(): "go on" | "halted" | undefined {
    switch (this.#step) {
      case "read gate inputs":
        return this.#readGateInputs();
      case "read fleet":
        this.#readFleet();
        return undefined;
      case "read catalogue":
        this.#chooseSlot();
        return undefined;
      case "prove":
        return this.#prove();
    }
  }

  #readGateInputs(): "halted" | undefined {
    const { by, consul } = this.#context;
    const { isDrained, rollsTo } = this.#instance;
    this.#known = consul.readGateInputs(rollsTo.revision, isDrained);
    const { act } = by.admit(this.#known, this.#candidate());
    if (act === "halted") return "halted";
    if (act === "wait") {
      this.#report.wait();
      if (!this.#known.pause) this.release();
      return undefined;
    }
    this.#taking = undefined;
    this.#step = this.#slot === undefined ? "read fleet" : "prove";
    return undefined;
  }

  #readFleet(): void {
    const { consul } = this.#context;
    const instance = this.#instance;
    if (!consul.isLive(instance.session)) instance.session = consul.openSession();
    this.#renewsSession = true;
    this.#view = consul.listRollout(instance.rollsTo);
    this.#step = "read catalogue";
  }

  #chooseSlot(): void {
    const { by, consul, service, invariants } = this.#context;
    const { name, session } = this.#instance;
    const view = consul.readCatalogue(this.#view as FleetSnapshot);
    const slots = consul.slots();
    this.#slotTimer.see(slots);
    const us = { instance: name, session: `${session}` };
    const { unchangedMs } = this.#slotTimer;
    const choice = by.chooseSlot(view, slots, service, us, batchBoundMs, unchangedMs);
    this.#known = gateInputsOf(view, name);
    const admission = by.admit(this.#known, this.#candidate());
    this.#step = "read gate inputs";
    this.#waitsForHealth = choice.act === "wait" && choice.for?.startsWith("healthy") === true;
    if (choice.act === "wait" || admission.act !== "go") return;
    invariants.checkDrained(this.#instance);
    this.#taking = consul.slot(choice.n);
    this.#step = "prove";
  }

  /** Writes the batch's report, in one transaction with the fences and the slot. */
  #prove(): "go on" | undefined {
    const { consul } = this.#context;
    const { isDrained, rollsTo } = this.#instance;
    const { revision } = rollsTo;
    this.#step = "read gate inputs";
    const isSame = consul.rolloutIndex(revision) === this.#inputs.index;
    if (this.#isRefused(isSame)) {
      if (isSame) this.#slot = undefined;
      return undefined;
    }
    this.#write(revision);
    // Beside the fence: a pause that came is seen before anything begins.
    this.#known = consul.readGateInputs(revision, isDrained);
    return this.#known.pause || this.#known.isDrained ? undefined : "go on";
  }

  #isRefused(isSame: boolean): boolean {
    const { by } = this.#context;
    return (by.provesRollout && !isSame) || (by.provesSlot && !this.#isSlotOurs());
  }

  #isSlotOurs(): boolean {
    const { consul } = this.#context;
    if (!this.#taking) return this.holdsSlot();
    return consul.isUnchanged(this.#taking) && consul.isLive(this.#instance.session);
  }

  #write(revision: number): void {
    const { by, service, clock, consul, invariants } = this.#context;
    if (this.#taking) {
      this.#slot = this.#taking.n;
      consul.acquireSlot(this.#slot, this.#instance);
    }
    const next = by.begun(this.#inputs, service, this.#instance.name, clock.date());
    consul.writeRollout(revision, next);
    invariants.rolloutBegun(revision, next);
    this.#report.roll();
  }

  get #inputs(): GateInputs {
    return this.#known as GateInputs;
  }

  #candidate() {
    const { name, lateJoiner, deploy } = this.#instance;
    return { instance: name, lateJoiner: lateJoiner === deploy?.revision };
  }
}
