import type { Clock, OneShotUnit, PlaceContents } from "../../core/effects.ts";
import type { Behaviour } from "./behaviour.ts";

/** A command that runs once, as the step before a release, and its unit, which outlive the agent. */
export class SimulatedOneShot {
  /** The releases with which it was started, in their order. */
  readonly runs: string[] = [];
  readonly #clock: Clock;
  readonly #behaviourOf: (release: string) => Behaviour | undefined;
  readonly #kind: "before" | "cron";
  #staged: PlaceContents | undefined;
  #startedAtMs: number | undefined;

  constructor(
    clock: Clock,
    behaviourOf: (release: string) => Behaviour | undefined,
    kind: "before" | "cron",
  ) {
    this.#clock = clock;
    this.#behaviourOf = behaviourOf;
    this.#kind = kind;
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

  state(): Awaited<ReturnType<OneShotUnit["state"]>> {
    if (this.#startedAtMs === undefined) return "none";
    const { ms = 1000, fails } = this.#behaviour()[this.#kind] ?? {};
    if (this.#clock.monotonicMs() - this.#startedAtMs < ms) return "running";
    return fails ? { failed: "it exited with status 1" } : "done";
  }

  lines(): readonly string[] {
    return this.#behaviour().lines ?? [];
  }

  #behaviour(): Behaviour {
    return this.#behaviourOf(this.#staged?.releaseId ?? "") ?? {};
  }
}
