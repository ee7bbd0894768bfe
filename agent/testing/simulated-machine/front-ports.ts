import type { Clock } from "../../core/effects.ts";

/** A connection to an old process ends this long after the gate has left it. */
const lingerMs = 120;

/** The gate's map from front ports to worker ports, and the connections that it leaves behind. */
export class FrontPorts {
  readonly #clock: Clock;
  readonly #workers = new Map<number, number>();
  /** Until when a front port is closed. */
  readonly #closed = new Map<number, number>();
  /** When the gate left a worker port. */
  readonly #leftAt = new Map<number, number>();
  /** The release in which nginx looks first for static files; on the disk. */
  staticFrom: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  point(front: number, worker: number): void {
    const before = this.#workers.get(front);
    if (before !== undefined && before !== worker) this.#leave(before);
    this.#workers.set(front, worker);
    this.#closed.delete(front);
  }

  close(front: number, boundSeconds: number): void {
    this.#closed.set(front, this.#clock.monotonicMs() + boundSeconds * 1000);
    const worker = this.#workers.get(front);
    if (worker !== undefined) this.#leave(worker);
  }

  /** It opens by itself. */
  isOpen(front: number): boolean {
    return (this.#closed.get(front) ?? 0) <= this.#clock.monotonicMs();
  }

  /** The worker port of a front port; undefined before the gate was set. */
  workerOf(front: number): number | undefined {
    return this.#workers.get(front);
  }

  /** Connections to a worker port. */
  inFlight(worker: number): number {
    const isRouted = [...this.#workers].some(([front, to]) => to === worker && this.isOpen(front));
    const left = this.#leftAt.get(worker);
    const lingers = left !== undefined && this.#clock.monotonicMs() - left < lingerMs;
    return isRouted || lingers ? 1 : 0;
  }

  cutPower(): void {
    this.#workers.clear();
    this.#closed.clear();
  }

  #leave(worker: number): void {
    this.#leftAt.set(worker, this.#clock.monotonicMs());
  }
}
