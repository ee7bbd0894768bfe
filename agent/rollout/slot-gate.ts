import type { Consul, Operation } from "../../lib/consul.ts";
import {
  type Deploy,
  DocumentUnusable,
  formatDocument,
  Rollout,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { batchBoundSeconds } from "../../protocol/process-settings.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { waitsFor } from "../../protocol/unusable.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { LatestDeploy } from "../core/latest-deploy.ts";
import { retryUntilAvailable } from "../core/retry-until-available.ts";
import type { Journal } from "../core/state.ts";
import { admit, begun, type Candidate, chooseSlot } from "./admission.ts";
import { type GateInputs, gateInputsOf, readFleet, readGateInputs } from "./fleet-snapshot.ts";
import type { RollStatus } from "./roll-status.ts";
import { openSession, type Session } from "./session.ts";
import { acquireOperations, heldSlot, readSlots, type Slot, type SlotIdentity } from "./slot.ts";
import type { StatusWriter } from "./status-writer.ts";
import { type UnchangedTimer, unchangedTimer } from "./timers.ts";

export interface SlotGateContext {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly service: ServiceFile;
  readonly instance: string;
  readonly statusWriter: StatusWriter;
  readonly latestDeploy: LatestDeploy;
}

/** How often a blocking pause, drain or health of the fleet is read again. */
const lookAgainSeconds = 2;
/** How often a taken slot is read again: its holder may be gone. */
const slotWaitSeconds = 5;
/** Longest wait for a change of the rollout's document. */
const longestWaitSeconds = 15;
/** Pause before a new session after Consul ended the last one. */
const newSessionMs = 500;

/**
 * Acquires and releases this instance's slot in a rollout; caches the rollout as it was last read.
 */
export class SlotGate {
  readonly #deps: SlotGateContext;
  readonly #deploy: Deploy;
  readonly #candidate: Candidate;
  readonly #slotTimer: UnchangedTimer;
  readonly #session: Remembered<Session>;
  #slot: Slot | undefined;
  /** An agent that was killed here may have held one, or a release may have failed. */
  #mayHoldUnknown: boolean;
  /** Read for the next batch while this one is under way. */
  #ahead: Promise<GateInputs> | undefined;
  /** What the report says that the instance waits for. */
  #reportedWait: string | undefined;

  constructor(deps: SlotGateContext, deploy: Deploy, lateJoiner: boolean) {
    const { consul, clock, log, journal, service, instance } = deps;
    this.#deps = deps;
    this.#deploy = deploy;
    this.#candidate = { instance, lateJoiner };
    this.#slotTimer = unchangedTimer(() => clock.monotonicMs());
    this.#session = remembered(() =>
      openSession({
        consul,
        log,
        service: service.service,
        instance,
        formerSession: journal.current().session,
        remember: (id) => journal.change((state) => ({ ...state, session: id })),
      }),
    );
    this.#mayHoldUnknown = journal.current().session !== undefined;
  }

  /** Opens the session and reads the rollout in the background. */
  prepare(): void {
    // The next caller asks again, and gets an error then.
    this.#session.get().catch(() => undefined);
    this.#readAhead();
  }

  /**
   * Acquires the slot. Each call proves that the slot is still held, that the deploy is the latest,
   * and that the rollout is neither halted nor paused. The report of the next batch is written in
   * the same transaction.
   *
   * @throws ConsulAway, ConsulDenied, DocumentUnusable for the rollout's document.
   */
  acquire(report: RollStatus): Promise<"go on" | "superseded" | "halted"> {
    return this.#acquire(report).catch((error) => {
      if (error instanceof DocumentUnusable) this.#reportWait(report, waitsFor(error));
      throw error;
    });
  }

  /**
   * Proves in the middle of a batch that the next one could begin. It never waits and acquires
   * nothing: without a slot, or with anything against it, there is no boot ahead.
   *
   * @throws ConsulAway, ConsulDenied.
   */
  async proveForBootAhead(report: RollStatus): Promise<boolean> {
    const held = this.#slot;
    const isAdmitted = (inputs: GateInputs) => !this.#replaced.aborted && this.#isAdmitted(inputs);
    const known = await this.#read();
    if (!held || !isAdmitted(known)) return false;
    const [isProven, now] = await Promise.all([
      this.#fence(report, [held.proof], known, undefined),
      this.#read(),
    ]);
    return isProven && isAdmitted(now);
  }

  /**
   * Releases the slot for the next instance, including the slot of an agent that was killed here.
   */
  async release(): Promise<void> {
    await retryUntilAvailable(this.#deps, this.#deploy, () => this.#releaseSlot()).catch((error) =>
      this.#deps.log("slot.release", { error: String(error) }),
    );
    await this.#endSession();
  }

  /**
   * 1. Admit the instance, or wait until what keeps it from rolling has changed.
   * 2. Find a free slot, unless one is held; the fleet's newer view must admit the instance too.
   * 3. Lock the slot with the batch's report, and read the rollout once more beside that.
   * After a refusal it begins again with what was read last.
   */
  async #acquire(report: RollStatus): ReturnType<SlotGate["acquire"]> {
    const first = this.#ahead ?? this.#read();
    this.#ahead = undefined; // a failed read is done again
    let known = await first;
    for (;;) {
      if (this.#replaced.aborted) return "superseded";
      const answer = admit(known, this.#candidate);
      if (answer.act === "halted") return "halted";
      if (answer.act === "wait") {
        this.#reportWait(report, answer.for);
        known = await this.#readAfterChange(known);
        continue;
      }
      const found = this.#slot ? undefined : await this.#findSlot(report);
      if (!this.#slot) {
        known = found?.inputs ?? (await this.#read());
        if (!found || !this.#isAdmitted(known)) continue;
      }
      const { isAcquired, now } = await this.#lock(report, known, found);
      if (isAcquired) return "go on";
      known = now;
    }
  }

  /** Waits for a change of what keeps this instance from rolling. */
  async #readAfterChange({ pause, isDrained, since }: GateInputs): Promise<GateInputs> {
    // A roll that a pause interrupts resumes first, so it keeps its slot.
    if (!pause) await this.#releaseSlot();
    const isLookedAt = pause !== undefined || isDrained;
    await this.#change(since, isLookedAt ? lookAgainSeconds : longestWaitSeconds);
    return this.#read();
  }

  /** A free slot and the view it was chosen from; undefined after waiting for one. */
  async #findSlot(report: RollStatus): Promise<FreeSlot | undefined> {
    const { consul, clock, service, instance } = this.#deps;
    const { id } = await this.#session.get();
    const [view, read] = await Promise.all([
      readFleet(consul, this.#deploy, () => clock.now()),
      readSlots(consul, service.service, { index: 0, waitSeconds: 0 }),
    ]);
    this.#slotTimer.see(read.slots);
    const us = { instance, session: id };
    const boundMs = batchBoundSeconds(service) * 1000;
    const { unchangedMs } = this.#slotTimer;
    const choice = chooseSlot(view, read.slots, service, us, boundMs, unchangedMs);
    if (choice.act === "take") {
      return {
        inputs: gateInputsOf(view, instance),
        operations: acquireOperations(this.#identity(id), choice.n, read.slots),
        slot: heldSlot(this.#identity(id), choice.n),
      };
    }
    if (choice.for !== undefined) this.#reportWait(report, choice.for);
    const { isFar, againMs = slotWaitSeconds * 1000 } = choice;
    // A whole number of milliseconds: for 0 Consul takes its own default.
    const waitSeconds = Math.ceil(againMs) / 1000;
    if (isFar) await this.#change(view.since, waitSeconds);
    else await this.#slotChange(read.since, Math.min(slotWaitSeconds, waitSeconds));
    return undefined;
  }

  /** Writes the next batch's report with the lock of the slot: the one write that acquires it. */
  async #lock(
    report: RollStatus,
    known: GateInputs,
    found: FreeSlot | undefined,
  ): Promise<{ readonly isAcquired: boolean; readonly now: GateInputs }> {
    const { service, instance, clock } = this.#deps;
    const ours = found?.operations ?? (this.#slot ? [this.#slot.proof] : []);
    const next = begun(known, service, instance, clock.now());
    // Read beside the fence, so that a batch costs one exchange: nothing has begun yet.
    const [isProven, now] = await Promise.all([
      this.#fence(report, ours, known, next),
      this.#read(),
    ]);
    if (isProven) this.#slot ??= found?.slot;
    if (isProven && this.#isAdmitted(now)) {
      if (next) this.#readAhead();
      else this.#ahead = Promise.resolve(now);
      return { isAcquired: true, now };
    }
    if (!isProven && now.index === known.index) {
      this.#slot = undefined; // if it is held after all, it is found again
      await this.#endSession();
      await clock.sleep(newSessionMs); // do not hammer a Consul that ends each session
    }
    return { isAcquired: false, now };
  }

  /** Writes the report of the next batch, if the slot is held and the rollout is unchanged. */
  async #fence(
    report: RollStatus,
    ours: readonly Operation[],
    { index }: GateInputs,
    next: Rollout | undefined,
  ): Promise<boolean> {
    const key = keys.rollout(this.#deploy.service, this.#deploy.revision);
    const startedAt = report.startedAt();
    const rolling = { phase: "rolling", startedAt, waitsFor: undefined } as const;
    const isProven = await this.#deps.statusWriter.writeFenced(report.draft(rolling), [
      ...ours,
      next
        ? { verb: "cas", key, value: formatDocument(Rollout, key, next), index }
        : { verb: "check-index", key, index },
    ]);
    if (isProven) {
      this.#reportedWait = undefined;
      report.keep(rolling);
    }
    return isProven;
  }

  async #releaseSlot(): Promise<void> {
    const held = this.#slot ?? (this.#mayHoldUnknown ? await this.#unknownSlot() : undefined);
    this.#slot = undefined;
    this.#mayHoldUnknown = true; // until Consul has answered
    await held?.release();
    this.#mayHoldUnknown = false;
  }

  /**
   * The slot that this session holds: from an agent that was killed here, or after a failed
   * release.
   */
  async #unknownSlot(): Promise<Slot | undefined> {
    const { consul, journal, service } = this.#deps;
    const { session: id } = journal.current();
    if (id === undefined) return undefined;
    const { slots } = await readSlots(consul, service.service, { index: 0, waitSeconds: 0 });
    const held = slots.find(({ session }) => session === id);
    return held && heldSlot(this.#identity(id), held.n);
  }

  async #endSession(): Promise<void> {
    (await this.#session.peek()?.catch(() => undefined))?.close();
    this.#session.forget();
  }

  #read(): Promise<GateInputs> {
    const { consul, instance, clock } = this.#deps;
    return readGateInputs(consul, this.#deploy, instance, clock.now());
  }

  #readAhead(): void {
    this.#ahead = this.#read();
    this.#ahead.catch(() => undefined);
  }

  /** Waits for a change of the rollout's document. */
  async #change(since: number, waitSeconds: number): Promise<void> {
    const key = keys.rollout(this.#deploy.service, this.#deploy.revision);
    await this.#deps.consul.get(key, { index: since, waitSeconds, signal: this.#replaced });
  }

  #slotChange(index: number, waitSeconds: number) {
    const { consul, service } = this.#deps;
    return readSlots(consul, service.service, { index, waitSeconds, signal: this.#replaced });
  }

  #reportWait(report: RollStatus, what: string): void {
    if (this.#reportedWait !== what) report.instance({ phase: "waiting", waitsFor: what });
    this.#reportedWait = what;
  }

  #isAdmitted(inputs: GateInputs): boolean {
    return admit(inputs, this.#candidate).act === "go";
  }

  #identity(session: string): SlotIdentity {
    const { consul, service, instance } = this.#deps;
    return { consul, service: service.service, instance, session };
  }

  /** Aborts when another deploy is the latest. */
  get #replaced(): AbortSignal {
    return this.#deps.latestDeploy.replaced(this.#deploy);
  }
}

/** A slot that this instance may acquire, by what was read. */
interface FreeSlot {
  readonly inputs: GateInputs;
  /** They acquire it, if it still is as it was read. */
  readonly operations: readonly Operation[];
  readonly slot: Slot;
}

/** A value that is made once and kept, until it is forgotten or making it fails. */
interface Remembered<T> {
  get(): Promise<T>;
  /** The value that was made, or is being made. */
  peek(): Promise<T> | undefined;
  forget(): void;
}

function remembered<T>(make: () => Promise<T>): Remembered<T> {
  let made: Promise<T> | undefined;
  return {
    get() {
      made ??= make().catch((error) => {
        made = undefined;
        throw error;
      });
      return made;
    },
    peek: () => made,
    forget() {
      made = undefined;
    },
  };
}
