import type { Deploy, Rollout } from "../../../protocol/documents.ts";
import type { FleetSnapshot } from "../../rollout/fleet-snapshot.ts";
import { type Elapsed, nothingElapsed } from "../../rollout/next-phase.ts";
import { type ProgressTimer, progressTimer } from "../../rollout/timers.ts";
import type { ModelContext } from "./model-context.ts";

interface Writer {
  readonly instance: string;
  readonly at: Date;
}

/** Reads the fleet, decides and writes: after an agent's own roll, and while it watches. */
export class Concluder {
  readonly #context: ModelContext;
  readonly #instance: string;
  #step: "off" | "read fleet" | "read catalogue" | "write" = "off";
  #deploy: Deploy | undefined;
  #view: FleetSnapshot | undefined;
  #elapsed: Elapsed = nothingElapsed;
  #timer: ProgressTimer | undefined;

  constructor(context: ModelContext, instance: string) {
    this.#context = context;
    this.#instance = instance;
  }

  get isBusy(): boolean {
    return this.#step !== "off";
  }

  /** Begins after the agent's own roll: no time counts. */
  conclude(deploy: Deploy): void {
    this.#deploy = deploy;
    this.#elapsed = nothingElapsed;
    this.#step = "read fleet";
  }

  /** Begins one of many looks, whose times count from the first look at this deploy. */
  watch(deploy: Deploy): void {
    const { clock } = this.#context;
    if (this.#deploy !== deploy) {
      this.#deploy = deploy;
      this.#timer = progressTimer(() => clock.nowMs);
    }
    this.#step = "read fleet";
  }

  /** Its agent was killed. */
  kill(): void {
    this.#step = "off";
    this.#deploy = undefined;
  }

  /** @returns whether it is over with this step. */
  advance(): boolean {
    const { consul } = this.#context;
    switch (this.#step) {
      case "off":
        return false;
      case "read fleet":
        this.#view = consul.listRollout(this.#deploy as Deploy);
        this.#step = "read catalogue";
        return false;
      case "read catalogue":
        this.#view = consul.readCatalogue(this.#view as FleetSnapshot);
        if (this.#timer) this.#elapsed = this.#timer.see(this.#view);
        this.#step = "write";
        return false;
      case "write": {
        const isWritten = this.#decide(this.#view as FleetSnapshot);
        this.#step = isWritten ? "off" : "read fleet";
        return isWritten;
      }
    }
  }

  #decide(view: FleetSnapshot): boolean {
    const { by, service, clock } = this.#context;
    const writer: Writer = { instance: this.#instance, at: clock.date() };
    const next = by.nextRollout(view, service, this.#elapsed, writer);
    return next === undefined || this.#write(view, next, writer);
  }

  /** One transaction: the rollout's document, what becomes good, and a rollback with its hold. */
  #write({ deploy, index }: FleetSnapshot, next: Rollout, writer: Writer): boolean {
    const { consul, invariants } = this.#context;
    const { revision } = deploy;
    if (consul.rolloutIndex(revision) !== index) return false;
    consul.writeRollout(revision, next);
    invariants.checkConclusion(revision, next);
    if (next.phase === "done") consul.becomesGood(deploy);
    if (next.phase === "failed") this.#fail(deploy, next.reason ?? "", writer);
    return true;
  }

  #fail(failed: Deploy, reason: string, writer: Writer): void {
    const { by, service, consul, invariants } = this.#context;
    const { deploy: current, good } = consul;
    const after = by.rollbackPolicy(
      { failed, reason, current, good, goodRestarts: 0 },
      service,
      writer,
    );
    if (after.act === "nothing") return;
    consul.isHeld = true;
    if (after.act === "hold") return;
    invariants.checkRollback(failed, after.deploy);
    consul.rollBack(after.deploy);
  }
}
