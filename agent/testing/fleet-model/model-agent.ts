import type { Deploy } from "../../../protocol/documents.ts";
import type { ServiceState } from "../../core/state.ts";
import { Concluder } from "./concluder.ts";
import type { ModelContext } from "./model-context.ts";
import type { ModelInstance } from "./model-instance.ts";
import { ModelReport } from "./model-report.ts";
import { batchBoundMs } from "./model-service.ts";
import { ModelSlotGate } from "./model-slot-gate.ts";

/** An agent's next step; each is one exchange with Consul, or one step on its machine. */
type Step = "idle" | "start good" | "acquire slot" | "batch" | "write report";

/** The agent's loops; they take their steps in any order. */
export type Loop = "follow deploy" | "watch" | "roll";

/** An instance's agent: what it has in memory, and its steps. */
export class ModelAgent {
  isRunning = true;
  readonly instance: ModelInstance;
  readonly #context: ModelContext;
  readonly #report: ModelReport;
  readonly #slotGate: ModelSlotGate;
  /** After its own roll. */
  readonly #concluder: Concluder;
  readonly #watcher: Concluder;
  readonly #steps: Readonly<Record<Step, () => void>> = {
    idle: () => this.#beginDesired(),
    "start good": () => this.#startGood(),
    "acquire slot": () => this.#acquireSlot(),
    batch: () => this.#endBatch(),
    "write report": () => this.#reportEnd(),
  };
  #step: Step = "idle";
  #desired: Deploy | undefined;
  #batchEndsMs = 0;

  constructor(context: ModelContext, instance: ModelInstance) {
    this.#context = context;
    this.instance = instance;
    this.#report = new ModelReport(context, instance);
    this.#slotGate = new ModelSlotGate(context, instance, this.#report);
    this.#concluder = new Concluder(context, instance.name);
    this.#watcher = new Concluder(context, instance.name);
  }

  /** One step of one of its loops. */
  act(loop: Loop): void {
    if (!this.isRunning) return;
    if (loop === "follow deploy") this.#desired = this.#desiredNow() ?? this.#desired;
    else if (loop === "watch") this.#watch();
    else if (this.#concluder.isBusy) this.#conclude();
    else if (this.#isReplaced()) this.#supersede();
    else this.#steps[this.#step]();
  }

  kill(): void {
    this.isRunning = false;
    this.#step = "idle";
    this.#desired = undefined;
    this.#slotGate.kill();
    this.#concluder.kill();
    this.#watcher.kill();
  }

  restart(): void {
    const { instance } = this;
    this.isRunning = instance.isAlive;
    // Recovery undoes the batch in progress, so its bound ends.
    if (this.isRunning) instance.busyUntilMs = 0;
    this.#desired = this.#desiredNow();
    // A killed agent goes on with its roll, and with the slot of its former session.
    if (instance.deploy && !instance.ended && this.#desired === instance.deploy) {
      instance.deploy = undefined;
    }
    if (instance.deploy === undefined && this.#desired && !instance.serving.includes(undefined)) {
      this.#begin(this.#desired);
    }
  }

  /** The session of an agent that is gone ends. */
  expireSession(): void {
    this.#slotGate.expireSession();
  }

  /** Whether it has nothing more to do. */
  isAtRest(): boolean {
    if (!this.isRunning) return true;
    if (this.#step === "idle" && !this.#concluder.isBusy && !this.#desiredNow()) return true;
    // An agent that follows an ended rollout may have to wait for the others' health.
    return this.#step === "acquire slot" && this.#slotGate.waitsForHealth;
  }

  describe(): string {
    const { name, ended } = this.instance;
    const step = this.#step === "acquire slot" ? this.#slotGate.step : this.#step;
    return `${name} ${this.isRunning ? step : "down"} ${ended}`;
  }

  /** The deploy in Consul, if the agent is to roll to it. */
  #desiredNow(): Deploy | undefined {
    const { by, consul } = this.#context;
    const { deploy: desired } = consul;
    if (!desired) return undefined;
    const { deploy, ended } = this.instance;
    const state = { deploy, ended } as unknown as ServiceState;
    return by.decide(state, desired).act === "roll" ? desired : undefined;
  }

  #watch(): void {
    const { deploy } = this.#context.consul;
    if (this.#watcher.isBusy) this.#watcher.advance();
    else if (deploy) this.#watcher.watch(deploy);
  }

  /** The agent holds its slot until its own roll is concluded. */
  #conclude(): void {
    if (this.#concluder.advance()) this.#slotGate.release();
  }

  #isReplaced(): boolean {
    if (this.#step !== "acquire slot" || !this.#slotGate.seesNewerDeploy) return false;
    return this.#desired !== undefined && this.#desired !== this.instance.deploy;
  }

  #supersede(): void {
    this.#report.end("superseded");
    this.#slotGate.release();
    this.#step = "idle";
  }

  #beginDesired(): void {
    const { by, consul } = this.#context;
    const { hasFault, deploy, ended } = this.instance;
    const desired = this.#desired;
    if (hasFault) {
      this.#reportFault();
      return;
    }
    if (!desired || (deploy === desired && ended)) return;
    const isNew = deploy === undefined || this.instance.servesNothing();
    if (isNew && consul.good && by.startsGood) this.#step = "start good";
    else this.#begin(desired);
  }

  /** Reports a process that restarted by itself while the rollout of its release goes on. */
  #reportFault(): void {
    const { instance } = this;
    const { rollsTo } = instance;
    instance.hasFault = false;
    const rollout = this.#context.consul.rollout(rollsTo.revision);
    if (instance.ended !== "done" || !rollout || rollout.endedAt !== undefined) return;
    if (!this.#report.recall(rollsTo)) return;
    instance.ended = "failed";
    this.#report.fail();
    this.#concluder.conclude(rollsTo);
  }

  #startGood(): void {
    const { good } = this.#context.consul;
    const desired = this.#desired;
    if (!good || !desired) return;
    this.instance.serving.fill(good.release.id);
    if (good.revision !== desired.revision) this.instance.lateJoiner = desired.revision;
    this.#begin(desired);
  }

  #begin(deploy: Deploy): void {
    const { invariants, consul } = this.#context;
    invariants.checkOrder(this.instance, deploy);
    this.instance.begin(deploy, consul.good);
    this.#slotGate.begin();
    this.#report.begin();
    this.#goOn();
  }

  /** The next batch, or the end. */
  #goOn(): void {
    if (this.instance.nextProcess() === -1) this.#end("done");
    else this.#step = "acquire slot";
  }

  #acquireSlot(): void {
    const answer = this.#slotGate.advance();
    if (answer === "halted") this.#end("halted");
    if (answer === "go on") this.#startBatch();
  }

  #startBatch(): void {
    const { random, clock, invariants } = this.#context;
    invariants.checkBatch(this.instance, this.#slotGate.holdsSlot());
    this.#batchEndsMs = clock.nowMs + random.order.below(batchBoundMs);
    this.instance.busyUntilMs = clock.nowMs + batchBoundMs;
    this.#step = "batch";
  }

  #endBatch(): void {
    const { clock, bad } = this.#context;
    const { instance } = this;
    if (clock.nowMs < this.#batchEndsMs) return;
    const { id } = instance.rollsTo.release;
    instance.busyUntilMs = 0;
    if (bad.get(id)?.has(instance.name)) {
      this.#end("failed");
      return;
    }
    clock.pass(1);
    const process = instance.nextProcess();
    instance.serving[process] = id;
    this.#report.serve(process);
    this.#goOn();
  }

  #end(how: "done" | "failed" | "halted"): void {
    this.instance.ended = how;
    this.#step = "write report";
  }

  #reportEnd(): void {
    const { ended, rollsTo } = this.instance;
    if (ended === "failed") this.#report.fail();
    else this.#report.end(ended as "done");
    this.#step = "idle";
    this.#concluder.conclude(rollsTo);
  }
}
