import type { ServiceFile } from "../../protocol/service-file.ts";

/** Counts a process's consecutive good answers until they are enough for it to be healthy. */
export class GoodAnswers {
  readonly #healthyCount: number;
  readonly #minHealthyMs: number;
  #count = 0;
  #sinceMs = 0;
  #missingMs = 0;

  constructor({ healthyCount, minHealthyTimeSeconds }: ServiceFile) {
    this.#healthyCount = healthyCount;
    this.#minHealthyMs = minHealthyTimeSeconds * 1000;
  }

  get count(): number {
    return this.#count;
  }

  /** Time over which the answers must still be good; without any, 0. */
  get missingMs(): number {
    return this.#missingMs;
  }

  add(nowMs: number): void {
    if (this.#count === 0) this.#sinceMs = nowMs;
    this.#count += 1;
    this.#missingMs = this.#sinceMs + this.#minHealthyMs - nowMs;
  }

  /** Begins again: an answer was not good. */
  reset(): void {
    this.#count = 0;
    this.#missingMs = 0;
  }

  areEnough(): boolean {
    return this.#count >= this.#healthyCount && this.#missingMs <= 0;
  }

  /** Whether they may be enough with one more after this interval. */
  mayBeEnoughIn(intervalMs: number): boolean {
    return (
      this.#count > 0 && this.#count + 1 >= this.#healthyCount && this.#missingMs <= intervalMs
    );
  }
}
