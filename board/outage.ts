import { happening } from "../lib/problem.ts";
import type { Trouble } from "./state.ts";

/** Which reads fail now, and since when. */
export class Outage {
  /** The current error, by prefix. */
  readonly #failing = new Map<string, string>();
  readonly #answeredAt = new Map<string, Date>();

  /** True where this answer ends an outage: what was read before it may be out of date. */
  answered(prefix: string, at: Date): boolean {
    this.#answeredAt.set(prefix, at);
    return this.#failing.delete(prefix) && this.#failing.size === 0;
  }

  failed(prefix: string, error: unknown): void {
    this.#failing.set(prefix, happening(error));
  }

  /** The prefix is not read any more. */
  forget(prefix: string): void {
    this.#failing.delete(prefix);
  }

  trouble(): Trouble | undefined {
    const [happened] = this.#failing.values();
    if (happened === undefined) return undefined;
    const times = [...this.#failing.keys()].flatMap(
      (prefix) => this.#answeredAt.get(prefix)?.getTime() ?? [],
    );
    return times.length === 0
      ? { happened }
      : { since: new Date(Math.min(...times)).toISOString(), happened };
  }
}
