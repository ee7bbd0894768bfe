import { singletonsOf } from "../../protocol/process-settings.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Log, Place, Supervisor, UnitState } from "../core/effects.ts";
import { servingByJournal } from "../core/routes.ts";
import type { Journal } from "../core/state.ts";
import { stop } from "../roll/stop.ts";
import type { Leased } from "./lease.ts";

/** Kills what runs of a process, in a time that the agent cannot forget to keep. */
export interface DeadMansTimer {
  /** Begins the time anew. */
  arm(n: number): Promise<void>;
  disarm(n: number): Promise<void>;
}

interface Singleton {
  /** The place that is to run while the lease is held. */
  wanted: Place | undefined;
  isHeld: boolean;
  /** The last call; the next one waits for it. */
  last: Promise<unknown>;
}

interface Context {
  readonly service: ServiceFile;
  readonly supervisor: Supervisor;
  readonly timer: DeadMansTimer;
  readonly journal: Journal;
  readonly log: Log;
}

/**
 * A supervisor that runs a singleton's process only while this instance holds its lease. A roll
 * starts and stops it like any other: without the lease that is only noted, and it counts as running.
 */
export class SingletonSupervisor implements Supervisor {
  readonly #context: Context;
  readonly #singletons: ReadonlyMap<number, Singleton>;

  constructor(context: Context) {
    this.#context = context;
    const { service, journal } = context;
    this.#singletons = new Map(
      singletonsOf(service).map((n) => {
        // As the recovery beside it: a roll that was cut after its commitment is finished.
        const side = servingByJournal(service, journal.current(), n)?.side;
        const wanted = side && { n, side };
        return [n, { wanted, isHeld: false, last: Promise.resolve() }];
      }),
    );
  }

  start(place: Place): Promise<void> {
    const { supervisor } = this.#context;
    return this.#next(place.n, async (singleton) => {
      if (singleton) singleton.wanted = place;
      if (!singleton || singleton.isHeld) await supervisor.start(place);
    });
  }

  stop(place: Place): ReturnType<Supervisor["stop"]> {
    const { supervisor } = this.#context;
    return this.#next(place.n, async (singleton) => {
      if (singleton && isSame(singleton.wanted, place)) singleton.wanted = undefined;
      // Without the lease nothing runs, unless an agent before this one left it.
      return supervisor.stop(place);
    });
  }

  async state(place: Place): Promise<UnitState> {
    const singleton = this.#singletons.get(place.n);
    const counts = singleton && !singleton.isHeld && isSame(singleton.wanted, place);
    return counts ? { status: "running", restarts: 0 } : this.#context.supervisor.state(place);
  }

  async notReady(place: Place): Promise<string | undefined> {
    const singleton = this.#singletons.get(place.n);
    if (singleton && !singleton.isHeld) return undefined;
    return this.#context.supervisor.notReady(place);
  }

  promote = (place: Place) => this.#context.supervisor.promote(place);
  listensOn = (place: Place, port: number) => this.#context.supervisor.listensOn(place, port);
  isEnding = () => this.#context.supervisor.isEnding();

  /** What a lease does with the process of a singleton. */
  leased(n: number): Leased {
    const { supervisor, timer } = this.#context;
    return {
      arm: () => timer.arm(n),
      isWanted: () => this.#singletons.get(n)?.wanted !== undefined,
      begin: () => {
        this.#setHeld(n, true);
        return this.#next(n, async (singleton) => {
          // It may have been lost while a roll's stop took its time.
          if (!singleton?.isHeld) return;
          // An agent that was killed in a roll may have left the other side running.
          const { wanted } = singleton;
          const others = sidesOf(n).filter((place) => !isSame(wanted, place));
          await Promise.all(others.map((place) => this.#stop(place)));
          if (wanted && singleton.isHeld) await supervisor.start(wanted);
        });
      },
      end: () => {
        this.#setHeld(n, false);
        return this.#next(n, async () => {
          await Promise.all(sidesOf(n).map((place) => this.#stop(place)));
          await timer.disarm(n);
        });
      },
    };
  }

  /** A stop that belongs to no roll: that a process had to be killed is told in the log only. */
  #stop(place: Place): Promise<void> {
    return stop({ ...this.#context, countKilled: () => {} }, place);
  }

  #setHeld(n: number, isHeld: boolean): void {
    const singleton = this.#singletons.get(n);
    if (singleton) singleton.isHeld = isHeld;
  }

  /** Calls for one process follow one another: a roll and the lease may want opposite things. */
  #next<T>(n: number, act: (singleton: Singleton | undefined) => Promise<T>): Promise<T> {
    const singleton = this.#singletons.get(n);
    if (!singleton) return act(undefined);
    const next = singleton.last.then(() => act(singleton));
    singleton.last = next.catch(() => undefined);
    return next;
  }
}

const sidesOf = (n: number): readonly Place[] => [
  { n, side: "a" },
  { n, side: "b" },
];

const isSame = (one: Place | undefined, other: Place) =>
  one?.n === other.n && one.side === other.side;
