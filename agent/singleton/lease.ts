import type { Consul } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { leaseSeconds } from "../../protocol/lease.ts";
import type { Clock, Log } from "../core/effects.ts";

/** Consul ends the session of a holder that is silent for this long, at most twice as late. */
const ttlSeconds = 30;
const renewMs = 5000;
/** Between tries of an instance that does not hold the lease, after the last change of its key. */
const retryMs = 2000;
/** A holder that could not renew for this long stops its process by itself. */
const givesUpMs = 10_000;
/** A second before the timer ends the process it counts as having done so. */
const firesMs = (leaseSeconds - 1) * 1000;

/** What runs while the lease is held. */
export interface Leased {
  /** Arms the dead man's timer anew: the process is killed when nobody arms it again in time. */
  arm(): Promise<void>;
  /** Whether there is anything to run on this instance. */
  isWanted(): boolean;
  /** The process may run from this call on. @throws Error where it cannot be started. */
  begin(): Promise<void>;
  /** From this call on nothing is started. Resolves when nothing of the process runs. */
  end(): Promise<void>;
}

export interface LeaseContext {
  readonly consul: Consul;
  readonly key: string;
  readonly instance: string;
  readonly leased: Leased;
  readonly clock: Clock;
  readonly log: Log;
  /** Spreads the tries of many agents, between 0 and 1. */
  readonly random: () => number;
}

/**
 * A lock in Consul that one instance of the fleet holds, for as long as the agent lives: whoever
 * gets it begins, and ends before another one can get it.
 */
export class Lease {
  readonly #context: LeaseContext;
  readonly #leaving: AbortSignal;
  /** When the timer was armed last, while the lease is held. */
  #armedMs: number | undefined;

  constructor(context: LeaseContext, leaving: AbortSignal) {
    this.#context = context;
    this.#leaving = leaving;
  }

  /** Resolves when the instance leaves, and the lease is released. */
  async follow(): Promise<void> {
    const { clock, log, random, key } = this.#context;
    while (!this.#leaving.aborted) {
      const session = await this.#acquire().catch((error: unknown) => {
        log("lease.wait", { key, error: describe(error) });
        return undefined;
      });
      if (session !== undefined) await this.#hold(session);
      if (!this.#leaving.aborted) await clock.sleep(retryMs * (1 + random()));
    }
  }

  /** @returns the session that holds the lease; undefined where another instance does. */
  async #acquire(): Promise<string | undefined> {
    const { consul, key, instance, leased } = this.#context;
    if (!leased.isWanted()) return undefined;
    const { found } = await consul.get(key);
    if (found?.session !== undefined) {
      // Only the agent before this one can have held it for this instance.
      const isOwn = found.value === instance && (await consul.renewSession(found.session));
      return isOwn ? found.session : undefined;
    }
    const session = await consul.createSession(`shoestring ${key} ${instance}`, ttlSeconds);
    const isHeld = await consul
      .write([{ verb: "lock", key, value: instance, session }])
      .catch((error: unknown) => this.#endSession(session).then(() => Promise.reject(error)));
    if (isHeld) return session;
    await this.#endSession(session);
    return undefined;
  }

  async #hold(session: string): Promise<void> {
    const { leased, log, key } = this.#context;
    log("lease.held", { key });
    this.#armedMs = undefined;
    try {
      // The lock is as old as the call that took it: it is asked for once more, and then counts.
      if (await this.#renew(session)) {
        const failed = new AbortController();
        leased.begin().catch((error: unknown) => {
          log("lease.unbegun", { key, error: describe(error) });
          failed.abort();
        });
        await this.#keep(session, failed.signal);
      }
    } catch (error) {
      log("lease.failed", { key, error: describe(error) });
    }
    log("lease.ends", { key });
    await this.#release(session);
  }

  /**
   * Renews the lease while the process ends, which may take its time, and then gives it up. Where
   * the process could not be ended, the timer kills it, and the session ends after that.
   */
  async #release(session: string): Promise<void> {
    const { leased, clock, log, key } = this.#context;
    let outcome: "ended" | "failed" | undefined;
    const ending = leased.end().then(
      () => {
        outcome = "ended";
      },
      (error: unknown) => {
        log("lease.unended", { key, error: describe(error) });
        outcome = "failed";
      },
    );
    while (outcome === undefined) {
      await Promise.race([ending, clock.sleep(renewMs)]);
      if (outcome === undefined) await this.#renew(session).catch(() => undefined);
    }
    if (outcome === "ended") await this.#endSession(session);
  }

  /** Renews the lease until it is lost, the instance leaves, or the process cannot be started. */
  async #keep(session: string, failed: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const stop = AbortSignal.any([this.#leaving, failed]);
    let renewedMs = clock.monotonicMs();
    while (!stop.aborted && clock.monotonicMs() - renewedMs < givesUpMs) {
      await clock.sleep(renewMs);
      const askedMs = clock.monotonicMs();
      const isRenewed = await this.#renew(session).catch(() => undefined);
      if (isRenewed === false) return;
      if (isRenewed) renewedMs = askedMs;
    }
  }

  /**
   * @returns whether the lease is still held, for `leaseSeconds` from before this call.
   * @throws Error where nobody knows, or knew too late.
   */
  async #renew(session: string): Promise<boolean> {
    const { consul, key, leased, clock } = this.#context;
    const askedMs = clock.monotonicMs();
    if (!(await consul.renewSession(session))) return false;
    const { found } = await consul.get(key);
    if (found?.session !== session) return false;
    // Armed late, the timer would end after the lease.
    const refuseLate = () => {
      const tookMs = clock.monotonicMs() - askedMs;
      if (tookMs >= renewMs) throw new Error(`the lease was renewed in ${tookMs} ms only`);
    };
    refuseLate();
    await leased.arm();
    const armedMs = clock.monotonicMs();
    const lastMs = this.#armedMs ?? armedMs;
    this.#armedMs = armedMs;
    refuseLate();
    // The timer may have ended the process meanwhile, as of an agent that hung: it has to begin anew.
    return armedMs - lastMs < firesMs;
  }

  async #endSession(session: string): Promise<void> {
    const { consul, log, key } = this.#context;
    await consul
      .destroySession(session)
      .catch((error: unknown) => log("lease.unreleased", { key, error: describe(error) }));
  }
}
