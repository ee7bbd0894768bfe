import { Problem } from "../../lib/problem.ts";
import type { Place, StopEnd, Supervisor, UnitState } from "../core/effects.ts";

/**
 * A supervisor that starts nothing any more once it is closed, on an instance that its group ends: a
 * roll or a recovery that is under way must not put a process back whose work has ended. To them
 * the machine is shutting down, so that a rollout does not fail by it.
 */
export class ClosableSupervisor implements Supervisor {
  readonly #supervisor: Supervisor;
  readonly #starts = new Set<Promise<void>>();
  #isClosed = false;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Rejects every start from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /** Waits until the starts that began before it was closed have ended. Never rejects. */
  async untilStarted(): Promise<void> {
    await Promise.allSettled(this.#starts);
  }

  async start(place: Place): Promise<void> {
    if (this.#isClosed) throw leaves(place);
    const start = this.#supervisor.start(place);
    this.#starts.add(start);
    await start.finally(() => this.#starts.delete(start));
  }

  isEnding = async (): Promise<boolean> => this.#isClosed || this.#supervisor.isEnding();

  promote = (place: Place): Promise<void> => this.#supervisor.promote(place);
  stop = (place: Place): Promise<StopEnd> => this.#supervisor.stop(place);
  state = (place: Place): Promise<UnitState> => this.#supervisor.state(place);
  listensOn = (place: Place, port: number) => this.#supervisor.listensOn(place, port);
  notReady = (place: Place) => this.#supervisor.notReady(place);
}

const leaves = ({ n }: Place): Problem =>
  new Problem({
    happened: `process ${n} is not started: this instance leaves its group, and has ended its work`,
    unchanged: "the other instances serve",
    next: "journalctl -u shoestring-agent",
  });
