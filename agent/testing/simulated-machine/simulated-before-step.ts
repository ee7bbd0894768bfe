import type { BeforeUnit, Clock, PlaceContents } from "../../core/effects.ts";
import type { Behaviour } from "./behaviour.ts";

/** The step before a release and its unit, which outlive the agent. */
export class SimulatedBeforeStep {
  /** The releases before which the step was started, in their order. */
  readonly runs: string[] = [];
  readonly #clock: Clock;
  readonly #behaviours: Readonly<Record<string, Behaviour>>;
  #staged: PlaceContents | undefined;
  #startedAtMs: number | undefined;

  constructor(clock: Clock, behaviours: Readonly<Record<string, Behaviour>>) {
    this.#clock = clock;
    this.#behaviours = behaviours;
  }

  stage(contents: PlaceContents): void {
    this.#staged = contents;
  }

  start(): void {
    this.#startedAtMs = this.#clock.monotonicMs();
    this.runs.push(this.#staged?.releaseId ?? "nothing");
  }

  reset(): void {
    this.#startedAtMs = undefined;
  }

  state(): Awaited<ReturnType<BeforeUnit["state"]>> {
    if (this.#startedAtMs === undefined) return "none";
    const { ms = 1000, fails } = this.#behaviour().before ?? {};
    if (this.#clock.monotonicMs() - this.#startedAtMs < ms) return "running";
    return fails ? { failed: "it exited with status 1" } : "done";
  }

  lines(): readonly string[] {
    return this.#behaviour().lines ?? [];
  }

  #behaviour(): Behaviour {
    return this.#behaviours[this.#staged?.releaseId ?? ""] ?? {};
  }
}
