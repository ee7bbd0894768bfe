import { type BackgroundWorker, backgroundWorker } from "../../lib/background-worker.ts";
import { type Backoff, backoff } from "../../lib/backoff.ts";
import type { Consul, Operation } from "../../lib/consul.ts";
import { ConsulAway } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { formatDocument, InstanceRollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Clock, Log } from "../core/effects.ts";

const retryWaits = { shortestMs: 1000, longestMs: 5000 };
/** People see no more than a few changes a second, and each costs every server a write. */
const betweenMs = 250;

export interface StatusWriterDeps {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
  /** Between 0 and 1; spreads the retries of many agents. @default Math.random */
  readonly random?: () => number;
}

/**
 * Writes `rollouts/…/instances/<instance>` beside the roll: the newest report wins, reports in
 * between are skipped when they come fast, and a Consul that is away delays nothing.
 */
export class StatusWriter {
  readonly #deps: StatusWriterDeps;
  readonly #worker: BackgroundWorker;
  /** The newest report that was shown and is not yet being written. */
  #pending: InstanceRollout | undefined;
  #writing: Promise<unknown> | undefined;
  /** Counts the reports: one that has an older number is outdated. */
  #newest = 0;

  constructor(deps: StatusWriterDeps) {
    this.#deps = deps;
    this.#worker = backgroundWorker(
      () => this.#writePending(),
      () => this.#pending !== undefined,
    );
  }

  /** Shows a report soon. */
  show(report: InstanceRollout): void {
    this.#newest += 1;
    this.#pending = report;
    this.#worker.start();
  }

  /** Writes a report now; false if another writer was faster. */
  async write(report: InstanceRollout): Promise<boolean> {
    this.#outdate(); // so that nothing older is written after it
    await this.#writing?.catch(() => undefined); // its error was logged
    return this.#put(report);
  }

  /** Writes a report in one transaction with fences, such as a slot's lock; false if one fails. */
  writeFenced(report: InstanceRollout, proofs: readonly Operation[]): Promise<boolean> {
    // Only this agent writes this key, and the fences guard it: no read before the write. A write
    // in progress has read an older index, or finds that it is out of date.
    this.#outdate();
    return this.#deps.consul.write([...proofs, { verb: "set", ...entryOf(report) }]);
  }

  /** Resolves when the last shown report is written, or writing it was given up. */
  settled(): Promise<void> {
    return this.#worker.settled();
  }

  #outdate(): void {
    this.#newest += 1;
    this.#pending = undefined;
  }

  async #writePending(): Promise<void> {
    const again = backoff(retryWaits, this.#deps.random ?? Math.random);
    while (this.#pending) {
      const report = this.#pending;
      this.#pending = undefined;
      await this.#tryToWrite(report, again);
    }
  }

  async #tryToWrite(report: InstanceRollout, again: Backoff): Promise<void> {
    const { clock, log } = this.#deps;
    const number = this.#newest;
    try {
      this.#writing = this.#put(report);
      await this.#writing;
      again.reset();
      await clock.sleep(betweenMs);
    } catch (error) {
      log("report.failed", { error: describe(error) });
      // Only an absent Consul comes back; a refused write would be refused again.
      if (!(error instanceof ConsulAway)) return;
      await clock.sleep(again.nextMs());
      if (number === this.#newest) this.#pending = report;
    }
  }

  /** Writes over what it read, unless something newer was shown or written meanwhile. */
  async #put(report: InstanceRollout): Promise<boolean> {
    const { consul } = this.#deps;
    const number = this.#newest;
    const entry = entryOf(report);
    const { found } = await consul.get(entry.key);
    if (number !== this.#newest) return false;
    return consul.write([{ verb: "cas", ...entry, index: found?.modifyIndex ?? 0 }]);
  }
}

function entryOf(report: InstanceRollout): { readonly key: string; readonly value: string } {
  const key = keys.rolloutInstance(report.service, report.revision, report.instance);
  return { key, value: formatDocument(InstanceRollout, key, report) };
}
