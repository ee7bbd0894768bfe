import type { ProcessEnd } from "../../core/effects.ts";
import { placeId } from "./places.ts";

/** Ends of processes by place, as the unit writes them: the newest, until an agent has read it. */
export class ProcessEnds {
  readonly #untaken = new Map<string, ProcessEnd>();
  #take: ((end: Promise<ProcessEnd>) => Promise<void>) | undefined;

  report(end: ProcessEnd): void {
    this.#untaken.set(placeId(end.place), end);
    void this.#deliver(placeId(end.place));
  }

  watch(take: (end: Promise<ProcessEnd>) => Promise<void>): void {
    this.#take = take;
    for (const place of this.#untaken.keys()) void this.#deliver(place);
  }

  async #deliver(place: string): Promise<void> {
    const end = this.#untaken.get(place);
    if (!end || !this.#take) return;
    await this.#take(Promise.resolve(end));
    if (this.#untaken.get(place) === end) this.#untaken.delete(place);
  }
}
