import { type Progress, silentProgress } from "./progress.ts";

/**
 * The retirements of old processes that are under way on this instance. They outlive the roll that
 * began them: a job may take an hour, and only a roll of its own process has to wait for it.
 */
export class Retirements {
  readonly #underWay = new Map<number, Promise<void>>();
  #progress: Progress = silentProgress;
  /** Reports that wait; undefined while they are given on at once. */
  #held: (() => void)[] | undefined;
  #whenOver: (n: number) => void = () => {};

  /** Receives the progress of every retirement, for the deploy that is current by then. */
  readonly progress: Progress = {
    report: (...it) => this.#tell((progress) => progress.report(...it)),
    recordStep: (...it) => this.#tell((progress) => progress.recordStep(...it)),
    countConnectionsCut: (...it) => this.#tell((progress) => progress.countConnectionsCut(...it)),
    countKilled: (...it) => this.#tell((progress) => progress.countKilled(...it)),
  };

  /** Reports from now on to this deploy what retirements do, also those that are under way. */
  reportTo(progress: Progress): void {
    this.#progress = progress;
  }

  /** Holds back what retirements report while a document is written that it must not change. */
  async holdReports<Written>(write: () => Promise<Written>): Promise<Written> {
    const held: (() => void)[] = [];
    this.#held = held;
    try {
      return await write();
    } finally {
      this.#held = undefined;
      for (const report of held) report();
    }
  }

  #tell(report: (progress: Progress) => void): void {
    const now = () => report(this.#progress);
    if (this.#held) this.#held.push(now);
    else now();
  }

  /** Calls a function each time that one is over, with the number of its process. */
  whenOver(tell: (n: number) => void): void {
    this.#whenOver = tell;
  }

  /** @param retirement of process n; it never rejects. */
  add(n: number, retirement: Promise<void>): void {
    const over = retirement.then(() => {
      this.#underWay.delete(n);
      this.#whenOver(n);
    });
    this.#underWay.set(n, over);
  }

  isUnderWay(n: number): boolean {
    return this.#underWay.has(n);
  }

  /** Waits until all that are under way are over. */
  async untilAllOver(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Waits until the first of these processes has none. */
  async untilOneOver(processes: readonly number[]): Promise<void> {
    await Promise.race(processes.map((n) => this.#underWay.get(n)));
  }
}
