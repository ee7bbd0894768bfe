import type { Consul, Operation } from "../../lib/consul.ts";
import {
  type Deploy,
  DocumentUnusable,
  formatDocument,
  Rollout,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { batchBoundSeconds, type ServiceFile } from "../../protocol/service-file.ts";
import { waitsFor } from "../../protocol/unusable.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { LatestDeploy } from "../core/latest-deploy.ts";
import { retryUntilAvailable } from "../core/retry-until-available.ts";
import type { Journal } from "../core/state.ts";
import { admit, begun, type Candidate, chooseSlot } from "./admission.ts";
import { type GateInputs, gateInputsOf, readFleet, readGateInputs } from "./fleet-snapshot.ts";
import type { RollStatus } from "./roll-status.ts";
import { openSession } from "./session.ts";
import { acquireOperations, heldSlot, readSlots, type Slot } from "./slot.ts";
import type { StatusWriter } from "./status-writer.ts";
import { unchangedTimer } from "./timers.ts";

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

/**
 * Acquires and releases this instance's slot in a rollout; caches the rollout as it was last read.
 */
export interface SlotGate {
  /** Opens the session and reads the rollout in the background. */
  prepare(): void;
  /**
   * Acquires the slot. Each call proves that the slot is still held, that the deploy is the latest,
   * and that the rollout is neither halted nor paused. The report of the next batch is written in
   * the same transaction.
   *
   * @throws ConsulAway, ConsulDenied, DocumentUnusable for the rollout's document.
   */
  acquire(report: RollStatus): Promise<"go on" | "superseded" | "halted">;
  /**
   * Proves in the middle of a batch that the next one could begin. It never waits and acquires
   * nothing: without a slot, or with anything against it, there is no boot ahead.
   *
   * @throws ConsulAway, ConsulDenied.
   */
  mayBootAhead(report: RollStatus): Promise<boolean>;
  /**
   * Releases the slot for the next instance, including the slot of an agent that was killed here.
   */
  release(): Promise<void>;
}

/** How often a blocking pause, drain or health of the fleet is read again. */
const lookAgainSeconds = 2;
/** How often a taken slot is read again: its holder may be gone. */
const slotWaitSeconds = 5;
/** Longest wait for a change of the rollout's document. */
const longestWaitSeconds = 15;
/** Pause before a new session after Consul ended the last one. */
const newSessionMs = 500;

export function slotGate(deps: SlotGateContext, deploy: Deploy, lateJoiner: boolean): SlotGate {
  const { consul, clock, log, journal, service, instance, statusWriter, latestDeploy } = deps;
  const candidate: Candidate = { instance, lateJoiner };
  const still = unchangedTimer(() => clock.monotonicMs());
  const session = remembered(() =>
    openSession({
      consul,
      log,
      service: service.service,
      instance,
      formerSession: journal.current().session,
      remember: (id) => journal.change((state) => ({ ...state, session: id })),
    }),
  );
  let slot: Slot | undefined;
  let mayHoldUnknown = journal.current().session !== undefined;
  /** Read for the next batch while this one is under way. */
  let ahead: Promise<GateInputs> | undefined;
  let told: string | undefined;

  const read = () => readGateInputs(consul, deploy, instance, clock.now());
  const readAhead = () => {
    ahead = read();
    ahead.catch(() => undefined);
  };
  const holdingBy = (session: string) => ({ consul, service: service.service, instance, session });
  const endSession = async () => {
    (await session.peek()?.catch(() => undefined))?.close();
    session.forget();
  };
  /**
   * The slot that this session holds: from an agent that was killed here, or after a failed
   * release.
   */
  const unknownSlot = async () => {
    const { session: id } = journal.current();
    if (id === undefined) return undefined;
    const { slots } = await readSlots(consul, service.service, { index: 0, waitSeconds: 0 });
    const held = slots.find(({ session }) => session === id);
    return held && heldSlot(holdingBy(id), held.n);
  };
  const releaseSlot = async () => {
    const given = slot ?? (mayHoldUnknown ? await unknownSlot() : undefined);
    slot = undefined;
    mayHoldUnknown = true; // until Consul has answered
    await given?.release();
    mayHoldUnknown = false;
  };
  const tellWait = (report: RollStatus, what: string) => {
    if (told !== what) report.instance({ phase: "waiting", waitsFor: what });
    told = what;
  };

  /** Waits for a change of the rollout's document. */
  const change = async (since: number, waitSeconds: number) => {
    const key = keys.rollout(deploy.service, deploy.revision);
    await consul.get(key, { index: since, waitSeconds, signal: latestDeploy.replaced(deploy) });
  };

  const slotChange = (index: number, waitSeconds: number) =>
    readSlots(consul, service.service, {
      index,
      waitSeconds,
      signal: latestDeploy.replaced(deploy),
    });

  /** A free slot and the view it was chosen from; undefined after waiting for one. */
  const findSlot = async (report: RollStatus) => {
    const { id } = await session.get();
    const [view, read] = await Promise.all([
      readFleet(consul, deploy, () => clock.now()),
      readSlots(consul, service.service, { index: 0, waitSeconds: 0 }),
    ]);
    still.see(read.slots);
    const us = { instance, session: id };
    const boundMs = batchBoundSeconds(service) * 1000;
    const choice = chooseSlot(view, read.slots, service, us, boundMs, still.unchangedMs);
    if (choice.act === "take") {
      return {
        inputs: gateInputsOf(view, instance),
        operations: acquireOperations(holdingBy(id), choice.n, read.slots),
        slot: heldSlot(holdingBy(id), choice.n),
      };
    }
    if (choice.for !== undefined) tellWait(report, choice.for);
    const { isFar, againMs = slotWaitSeconds * 1000 } = choice;
    // A whole number of milliseconds: for 0 Consul takes its own default.
    const waitSeconds = Math.ceil(againMs) / 1000;
    if (isFar) await change(view.since, waitSeconds);
    else await slotChange(read.since, Math.min(slotWaitSeconds, waitSeconds));
    return undefined;
  };

  /** Writes the report of the next batch, if the slot is held and the rollout is unchanged. */
  const fence = async (
    report: RollStatus,
    ours: readonly Operation[],
    { index }: GateInputs,
    next: Rollout | undefined,
  ) => {
    const key = keys.rollout(deploy.service, deploy.revision);
    const startedAt = report.startedAt();
    const rolling = { phase: "rolling", startedAt, waitsFor: undefined } as const;
    const isProven = await statusWriter.writeFenced(report.draft(rolling), [
      ...ours,
      next
        ? { verb: "cas", key, value: formatDocument(Rollout, key, next), index }
        : { verb: "check-index", key, index },
    ]);
    if (isProven) {
      told = undefined;
      report.keep(rolling);
    }
    return isProven;
  };

  const acquire = async (report: RollStatus): ReturnType<SlotGate["acquire"]> => {
    const first = ahead ?? read();
    ahead = undefined; // a failed read is done again
    let known = await first;
    for (;;) {
      if (latestDeploy.replaced(deploy).aborted) return "superseded";
      const answer = admit(known, candidate);
      if (answer.act === "halted") return "halted";
      if (answer.act === "wait") {
        tellWait(report, answer.for);
        // A roll that a pause interrupts resumes first, so it keeps its slot.
        if (!known.pause) await releaseSlot();
        const isLookedAt = known.pause !== undefined || known.isDrained;
        await change(known.since, isLookedAt ? lookAgainSeconds : longestWaitSeconds);
        known = await read();
        continue;
      }
      const found = slot ? undefined : await findSlot(report);
      known = slot ? known : (found?.inputs ?? (await read()));
      if (!slot && !found) continue;
      if (found && admit(known, candidate).act !== "go") continue;
      const ours = found?.operations ?? (slot ? [slot.proof] : []);
      const next = begun(known, service, instance, clock.now());
      // Read beside the fence, so that a batch costs one exchange: nothing has begun yet.
      const [isProven, now] = await Promise.all([fence(report, ours, known, next), read()]);
      if (isProven) slot ??= found?.slot;
      if (isProven && admit(now, candidate).act === "go") {
        if (next) readAhead();
        else ahead = Promise.resolve(now);
        return "go on";
      }
      if (!isProven && now.index === known.index) {
        slot = undefined; // if it is held after all, it is found again
        await endSession();
        await clock.sleep(newSessionMs); // do not hammer a Consul that ends each session
      }
      known = now;
    }
  };

  return {
    prepare() {
      // The next caller asks again, and gets an error then.
      session.get().catch(() => undefined);
      readAhead();
    },
    acquire: (report) =>
      acquire(report).catch((error) => {
        if (error instanceof DocumentUnusable) tellWait(report, waitsFor(error));
        throw error;
      }),
    async mayBootAhead(report) {
      const held = slot;
      const isWanted = (inputs: GateInputs) =>
        !latestDeploy.replaced(deploy).aborted && admit(inputs, candidate).act === "go";
      const known = await read();
      if (!held || !isWanted(known)) return false;
      const [isProven, now] = await Promise.all([
        fence(report, [held.proof], known, undefined),
        read(),
      ]);
      return isProven && isWanted(now);
    },
    async release() {
      await retryUntilAvailable(deps, deploy, releaseSlot).catch((error) =>
        log("slot.release", { error: String(error) }),
      );
      await endSession();
    },
  };
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
