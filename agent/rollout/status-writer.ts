import { backgroundWorker } from "../../lib/background-worker.ts";
import { backoff } from "../../lib/backoff.ts";
import type { Consul, Operation } from "../../lib/consul.ts";
import { ConsulAway } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { formatDocument, InstanceRollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Clock, Log } from "../core/effects.ts";

const retryWaits = { shortestMs: 1000, longestMs: 5000 };
/** People see no more than a few changes a second, and each costs every server a write. */
const betweenMs = 250;

/**
 * Writes `rollouts/…/instances/<instance>` beside the roll: the newest report wins, reports in
 * between are skipped when they come fast, and a Consul that is away delays nothing.
 */
export interface StatusWriter {
  /** Shows a report soon. */
  show(report: InstanceRollout): void;
  /** Writes a report now; false if another writer was faster. */
  write(report: InstanceRollout): Promise<boolean>;
  /** Writes a report in one transaction with fences, such as a slot's lock; false if one fails. */
  writeFenced(report: InstanceRollout, proofs: readonly Operation[]): Promise<boolean>;
  /** Resolves when the last shown report is written, or writing it was given up. */
  settled(): Promise<void>;
}

export function statusWriter({
  consul,
  clock,
  log,
  random = Math.random,
}: {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
  /** Between 0 and 1; spreads the retries of many agents. */
  readonly random?: () => number;
}): StatusWriter {
  let pending: InstanceRollout | undefined;
  let writing: Promise<unknown> | undefined;

  let shown = 0;

  const keyOf = ({ service, revision, instance }: InstanceRollout) =>
    keys.rolloutInstance(service, revision, instance);

  /** Writes over what it read, unless something newer was shown or written meanwhile. */
  const put = async (report: InstanceRollout): Promise<boolean> => {
    const turn = shown;
    const key = keyOf(report);
    const value = formatDocument(InstanceRollout, key, report);
    const { found } = await consul.get(key);
    if (turn !== shown) return false;
    return consul.write([{ verb: "cas", key, value, index: found?.modifyIndex ?? 0 }]);
  };

  const flush = async () => {
    const again = backoff(retryWaits, random);
    while (pending) {
      const report = pending;
      pending = undefined;
      const turn = shown;
      try {
        writing = put(report);
        await writing;
        again.reset();
        await clock.sleep(betweenMs);
      } catch (error) {
        log("report.failed", { error: describe(error) });
        // Only an absent Consul comes back; a refused write would be refused again.
        if (error instanceof ConsulAway) {
          await clock.sleep(again.nextMs());
          if (turn === shown) pending = report;
        }
      }
    }
  };

  const worker = backgroundWorker(flush, () => pending !== undefined);

  return {
    show(report) {
      shown += 1;
      pending = report;
      worker.start();
    },
    async write(report) {
      shown += 1; // so that nothing older is written after it
      pending = undefined;
      await writing?.catch(() => undefined); // its error was logged
      return put(report);
    },
    writeFenced(report, proofs) {
      // Only this agent writes this key, and the fences guard it: no read before the write. A write
      // in progress has read an older index, or finds that it is out of date.
      shown += 1;
      pending = undefined;
      const key = keyOf(report);
      const value = formatDocument(InstanceRollout, key, report);
      return consul.write([...proofs, { verb: "set", key, value }]);
    },
    settled: worker.settled,
  };
}
