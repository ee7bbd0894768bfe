import type { Consul } from "../lib/consul.ts";
import { Problem } from "../lib/problem.ts";
import { keys } from "../protocol/keys.ts";
import { BoardEntries, base, olderThan } from "./board-entries.ts";
import { Outage } from "./outage.ts";
import { type BoardState, servicesOf } from "./state.ts";

export interface WatchOptions {
  readonly cluster: string;
  readonly consul: Consul;
  readonly now: () => Date;
  /** Receives every new state. */
  readonly changed: (state: BoardState) => void;
  /** Stops all reads. */
  readonly signal: AbortSignal;
  /** Longest blocking read, in seconds: a silent Consul is noticed soon after it. @default 10 */
  readonly waitSeconds?: number;
  /** Wait between two reads of a prefix, in milliseconds: it debounces changes. @default 100 */
  readonly pauseMs?: number;
  /** Wait between two tries while Consul does not answer, in milliseconds. @default 1000 */
  readonly retryMs?: number;
}

/** A service's current deploy and its phase when its older rollouts were read. */
interface LookedBack {
  readonly revision: number;
  readonly phase: string;
}

/**
 * Watches a cluster's documents: one blocking query each on `deploys/`, `holds/`, `pauses/`,
 * `drains/`, `releases/`, and the current rollout and the leases of every service. An older rollout is
 * read once, or until it has ended: a service's whole history may be large.
 */
export class BoardWatch {
  readonly #options: WatchOptions;
  readonly #entries = new BoardEntries();
  readonly #outage = new Outage();
  /** Stops the read of a current rollout, or of a service's leases, by prefix. */
  readonly #followed = new Map<string, AbortController>();
  /** By service. */
  readonly #lookedBack = new Map<string, LookedBack>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  start(): void {
    for (const prefix of base) void this.#follow(prefix, this.#options.signal);
  }

  async #follow(prefix: string, stop: AbortSignal): Promise<void> {
    const { consul, now, waitSeconds = 10, pauseMs = 100, retryMs = 1000 } = this.#options;
    let index = 0;
    while (!stop.aborted) {
      try {
        const answer = await consul.list(prefix, { index, waitSeconds, signal: stop });
        if (stop.aborted) return;
        index = answer.index;
        this.#entries.set(prefix, answer.found);
        if (this.#outage.answered(prefix, now())) this.#lookedBack.clear();
        this.#look();
        await pause(pauseMs);
      } catch (error) {
        if (stop.aborted) return;
        if (!(error instanceof Problem)) throw error;
        index = 0;
        this.#outage.failed(prefix, error);
        this.#publish();
        await pause(retryMs);
      }
    }
  }

  /** Follows the current rollouts, and reads older ones again where they may have changed. */
  #look(): void {
    const current = this.#entries.currentDeploys();
    const prefixes = current.flatMap(({ service, revision }) => [
      keys.rollout(service, revision),
      keys.singletons(service),
    ]);
    this.#followOnly(new Set(prefixes));
    this.#entries.prune();
    for (const { service, revision } of current) void this.#lookBack(service, revision);
    this.#publish();
  }

  #followOnly(prefixes: ReadonlySet<string>): void {
    for (const [prefix, reading] of this.#followed) {
      if (prefixes.has(prefix)) continue;
      reading.abort();
      this.#followed.delete(prefix);
      this.#outage.forget(prefix);
    }
    for (const prefix of prefixes) {
      if (this.#followed.has(prefix)) continue;
      const reading = new AbortController();
      this.#followed.set(prefix, reading);
      void this.#follow(prefix, AbortSignal.any([this.#options.signal, reading.signal]));
    }
  }

  /** Reads a service's older rollouts where the current deploy, or its phase, has changed. */
  async #lookBack(service: string, revision: number): Promise<void> {
    const { consul, signal } = this.#options;
    const before = this.#lookedBack.get(service);
    const phase = this.#entries.phase(service, revision);
    if (before?.revision === revision && before.phase === phase) return;
    this.#lookedBack.set(service, { revision, phase });
    // On the first read, or after a restored snapshot, earlier entries may belong to other deploys.
    const isAnew = before === undefined || before.revision > revision;
    try {
      for (const older of olderThan(revision)) {
        const prefix = keys.rollout(service, older);
        if (!isAnew && this.#entries.isEnded(service, older)) continue;
        this.#entries.set(prefix, (await consul.list(prefix, { signal })).found);
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // The read of a followed prefix gets the same error, reports it, and leads here again.
      this.#lookedBack.delete(service);
    }
    this.#publish();
  }

  #publish(): void {
    const { cluster, signal, changed } = this.#options;
    if (signal.aborted) return;
    const isRead = [...base, ...this.#followed.keys()].every((it) => this.#entries.has(it));
    const trouble = this.#outage.trouble();
    changed({
      cluster,
      ...(isRead ? { services: servicesOf(cluster, this.#entries.forPage()) } : {}),
      ...(trouble ? { trouble } : {}),
    });
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
