import type { Clock, Place, ProcessEnd, Supervisor } from "../core/effects.ts";

/** Shortest time between two reports of a process that crash-loops. */
const betweenReportsMs = 10_000;

/** The reported restarts of a process that serves. */
export interface Restarts {
  /** How often the supervisor restarted it by itself since its start. */
  readonly restarts: number;
  readonly lastExit: string;
}

/** One more restart. */
export interface CountedRestart extends Restarts {
  /** False while the last report of a crash loop is too young for another one. */
  readonly isReportDue: boolean;
}

interface Count extends Restarts {
  readonly environmentId: string;
  readonly reportedAtMs: number;
}

/** Counts how often the process of each place restarted by itself with the same environment. */
export class RestartCounter {
  readonly #supervisor: Pick<Supervisor, "state">;
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();

  constructor(supervisor: Pick<Supervisor, "state">, clock: Clock) {
    this.#supervisor = supervisor;
    this.#clock = clock;
  }

  /** @param describe is called only for an end that is due to be reported. */
  async count(
    { place }: ProcessEnd,
    environmentId: string,
    describe: () => Promise<string>,
  ): Promise<CountedRestart> {
    const known = this.#counts.get(placeId(place));
    const before = known?.environmentId === environmentId ? known : undefined;
    const reported = before && this.#isRecent(before) ? before : undefined;
    // The supervisor also counts the restarts before this agent began.
    const restarts = before
      ? before.restarts + 1
      : Math.max(1, (await this.#supervisor.state(place)).restarts);
    const lastExit = reported?.lastExit ?? (await describe());
    const reportedAtMs = reported?.reportedAtMs ?? this.#clock.monotonicMs();
    this.#counts.set(placeId(place), { environmentId, restarts, lastExit, reportedAtMs });
    return { restarts, lastExit, isReportDue: reported === undefined };
  }

  /** Begins a new count: the next run of the process was started on purpose. */
  forget(place: Place): void {
    this.#counts.delete(placeId(place));
  }

  /** Restarts of a place's process with this environment; undefined without any. */
  of(place: Place, environmentId: string): Restarts | undefined {
    const count = this.#counts.get(placeId(place));
    if (count?.environmentId !== environmentId) return undefined;
    return { restarts: count.restarts, lastExit: count.lastExit };
  }

  #isRecent({ reportedAtMs }: Count): boolean {
    return this.#clock.monotonicMs() - reportedAtMs < betweenReportsMs;
  }
}

/** The name of a place in its service, like `1a`. */
export const placeId = ({ n, side }: Place) => `${n}${side}`;
