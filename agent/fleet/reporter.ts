import type { Consul, Operation } from "../../protocol/consul.ts";
import { ConsulAway } from "../../protocol/consul.ts";
import { formatDocument, InstanceRollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { describe } from "../../protocol/problem.ts";
import type { Clock, Log } from "../effects.ts";

const retryMs = 1000;

/**
 * Writes `rollouts/…/instances/<instance>` behind the roll's back: the newest report wins,
 * those in between may be skipped, and a Consul that is away delays nothing.
 */
export interface Reporter {
  /** Shows a report soon. */
  show(report: InstanceRollout): void;
  /** Writes a report now, only if the proofs hold; false where one does not. */
  write(report: InstanceRollout, proofs: readonly Operation[]): Promise<boolean>;
  /** Resolves when what was shown last is written, or `shown` is given up. */
  settled(): Promise<void>;
}

export function reporter({
  consul,
  clock,
  log,
}: {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
}): Reporter {
  let pending: InstanceRollout | undefined;
  let running: Promise<void> | undefined;

  const put = async (report: InstanceRollout, proofs: readonly Operation[]) => {
    const key = keys.rolloutInstance(report.service, report.revision, report.instance);
    const value = formatDocument(InstanceRollout, key, report);
    const { found } = await consul.get(key);
    return consul.write([...proofs, { verb: "cas", key, value, index: found?.modifyIndex ?? 0 }]);
  };

  const flush = async () => {
    while (pending) {
      const report = pending;
      pending = undefined;
      try {
        await put(report, []);
      } catch (error) {
        log("report.failed", { error: describe(error) });
        // Only an absent Consul comes back; a refusal would be refused again.
        if (error instanceof ConsulAway) {
          pending ??= report;
          await clock.sleep(retryMs);
        }
      }
    }
  };

  const start = () => {
    running ??= flush().finally(() => {
      running = undefined;
      if (pending) start();
    });
  };

  return {
    show(report) {
      pending = report;
      start();
    },
    async write(report, proofs) {
      pending = undefined;
      await running;
      return put(report, proofs);
    },
    settled: async () => running,
  };
}
