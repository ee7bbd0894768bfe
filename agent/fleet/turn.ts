import type { Consul, Operation } from "../../protocol/consul.ts";
import { type Deploy, formatDocument, Rollout } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log } from "../effects.ts";
import type { Journal } from "../state.ts";
import type { Wishes } from "../wishes.ts";
import type { RollReport } from "./report.ts";
import type { Reporter } from "./reporter.ts";
import { begunRollout, type ReadRollout, readRollout } from "./rollout.ts";
import { openSession } from "./session.ts";
import { takeSlot } from "./slot.ts";

export interface TurnRequest {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly service: ServiceFile;
  readonly instance: string;
  readonly reporter: Reporter;
  readonly wishes: Wishes;
}

/** This instance's turn in a rollout: its slot, and the rollout as it was read last. */
export interface Turn {
  /** Opens what the turn will need, while something else takes its time. */
  prepare(): void;
  /**
   * Waits for the turn, and proves it anew with each call: still wanted, still our slot, not
   * halted. The report of the next round is written with the proof, in one transaction.
   *
   * @throws ConsulAway, ConsulDenied.
   */
  mayGoOn(report: RollReport): Promise<"go on" | "superseded" | "halted">;
  /** Gives the slot to the next instance. */
  end(): Promise<void>;
}

export function turnOf(on: TurnRequest, deploy: Deploy): Turn {
  const { consul, clock, log, journal, service, instance, reporter, wishes } = on;
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
  const slot = remembered(async () =>
    takeSlot({
      consul,
      service: service.service,
      instance,
      maxUnavailable: service.maxUnavailable,
      session: await session.get(),
      signal: wishes.replaced(deploy),
    }),
  );
  const rollout = remembered(() => readRollout(consul, deploy));

  const endSession = async () => {
    (await session.peek()?.catch(() => undefined))?.close();
    session.forget();
  };

  /** The rollout as it was read; the first instance that has a slot begins it. */
  const unchanged = ({ key, entry }: ReadRollout): Operation =>
    entry
      ? { verb: "check-index", key, index: entry.modifyIndex }
      : {
          verb: "cas",
          key,
          value: formatDocument(Rollout, key, begunRollout(instance, clock.now())),
          index: 0,
        };

  return {
    prepare() {
      // Who needs it asks again, and hears of an error.
      session.get().catch(() => undefined);
    },
    async mayGoOn(report) {
      for (;;) {
        if (wishes.replaced(deploy).aborted) return "superseded";
        // Read beside the wait: where the wait was long, the transaction finds it out of date.
        const [ours, seen] = await Promise.all([slot.get(), rollout.get()]);
        const phase = seen.rollout?.phase ?? "rolling";
        if (phase === "failed" || phase === "halted") return "halted";
        if (ours) {
          const rolling = report.instance({ phase: "rolling", startedAt: report.startedAt() });
          if (await reporter.prove(rolling, [ours.proof, unchanged(seen)])) {
            if (!seen.entry) {
              rollout.forget();
              rollout.get().catch(() => undefined); // for the next round
            }
            return "go on";
          }
        }
        rollout.forget();
        const now = await rollout.get();
        const hasMoved = now.entry?.modifyIndex !== seen.entry?.modifyIndex;
        if (ours && hasMoved) continue;
        slot.forget();
        await endSession();
      }
    },
    async end() {
      const ours = await slot.peek()?.catch(() => undefined);
      await ours?.release().catch((error) => log("slot.release", { error: String(error) }));
      await endSession();
    },
  };
}

/** What is made once and kept, until it is forgotten or cannot be made. */
interface Remembered<T> {
  get(): Promise<T>;
  /** What was made already, or is being made. */
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
