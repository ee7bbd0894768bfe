import type {
  Clock,
  Place,
  PlaceContents,
  StopEnd,
  UnitState,
  UnitStatus,
} from "../../core/effects.ts";
import {
  type Behaviour,
  type Death,
  type EndWords,
  exitStatus0,
  exitStatus1,
} from "./behaviour.ts";
import { placeId } from "./places.ts";
import { ProcessEnds } from "./process-ends.ts";

/** One run of a process. */
export interface Process {
  readonly contents: PlaceContents;
  readonly startedAt: number;
  readonly invocation: string;
  /** How often the supervisor restarted it by itself. */
  readonly restarts: number;
  requests: number;
  /** It was sent SIGTERM, and is gone by this time. */
  readonly endsAt?: number;
  /** Whether a start waits for its end. */
  readonly startsAgain?: boolean;
}

/** The supervisor restarts a process this long after it exited by itself. */
const restartMs = 200;
/** Time that the supervisor takes to start a process, before it boots. */
const startMs = 10;
const defaultBootMs = 100;
const defaultStopMs = 100;

/** The content of a place while it is being prepared: nothing can be started from it. */
const half = Symbol("half of a place's contents");

interface ProcessesContext {
  readonly clock: Clock;
  /** By release. */
  readonly behaviours: Readonly<Record<string, Behaviour>>;
  /** Broken rules, in words. */
  readonly broken: string[];
}

/** Places and the processes that a supervisor runs in them; they outlive the agent. */
export class Processes {
  readonly ends = new ProcessEnds();
  /** The machine shuts down: processes go on for a while, and none is started. */
  isEnding = false;
  readonly #context: ProcessesContext;
  readonly #places = new Map<string, PlaceContents | typeof half>();
  readonly #processes = new Map<string, Process>();
  #runs = 0;

  constructor(context: ProcessesContext) {
    this.#context = context;
  }

  // Places.

  /** The first half of staging. */
  beginStage(place: Place): void {
    if (this.runningIn(place))
      this.#context.broken.push(`${placeId(place)} was staged while it ran`);
    this.#places.set(placeId(place), half);
  }

  endStage(place: Place, contents: PlaceContents): void {
    this.#places.set(placeId(place), contents);
  }

  removePlace(place: Place): void {
    this.#places.delete(placeId(place));
  }

  // What runs.

  behaviourOf({ contents }: Process): Behaviour {
    return this.#context.behaviours[contents.releaseId] ?? {};
  }

  /**
   * The process that runs in a place. The supervisor finishes its orders even if the agent dies.
   */
  runningIn(place: Place): Process | undefined {
    const process = this.#processes.get(placeId(place));
    if (process?.endsAt === undefined || this.#nowMs() < process.endsAt) return process;
    this.#processes.delete(placeId(place));
    const { invocation } = process;
    this.ends.report({ place, invocation, isAsked: true, ...exitStatus0 });
    if (process.startsAgain) this.#startIn(place, process.endsAt);
    return this.#processes.get(placeId(place));
  }

  answers(process: Process | undefined): process is Process {
    if (process === undefined || process.endsAt !== undefined) return false;
    const { exitsAtStart, bootMs = defaultBootMs } = this.behaviourOf(process);
    return !exitsAtStart && this.#nowMs() - process.startedAt >= bootMs;
  }

  /** Whether it answers, with its own name and 200. */
  isWell(process: Process | undefined): boolean {
    if (!this.answers(process)) return false;
    const { status = 200, claims } = this.behaviourOf(process);
    return status === 200 && claims === undefined;
  }

  stateOf(place: Place): UnitState {
    const process = this.runningIn(place);
    const isLooping = process && this.behaviourOf(process).exitsAtStart;
    const restarts = isLooping ? 3 : (process?.restarts ?? 0);
    return { status: this.#statusOf(process), restarts };
  }

  // Orders to the supervisor.

  beginStart(place: Place): void {
    if (this.isEnding) throw new Error("shutdown.target has a job: nothing is started");
    const name = placeId(place);
    if (!this.#places.has(name)) throw new Error(`nothing was ever put to ${name}`);
    const process = this.runningIn(place);
    if (!process) this.#startIn(place, this.#nowMs());
    // A start waits for the stop in progress.
    else if (process.endsAt !== undefined) {
      this.#processes.set(name, { ...process, startsAgain: true });
    }
  }

  /** Waits until the process was started. */
  async endStart(place: Place): Promise<void> {
    const left = (this.runningIn(place)?.endsAt ?? 0) - this.#nowMs();
    await this.#context.clock.sleep(Math.max(0, left) + startMs);
  }

  beginStop(place: Place): StopEnd {
    const process = this.runningIn(place);
    if (!process) return "stopped";
    const { stopMs = defaultStopMs, jobMs, ignoresStop = false } = this.behaviourOf(process);
    const endsAt = process.endsAt ?? this.#nowMs() + (jobMs?.[place.n] ?? stopMs);
    this.#processes.set(placeId(place), { ...process, endsAt, startsAgain: false });
    return ignoresStop ? "killed" : "stopped";
  }

  /** Waits until nothing of the process is left. */
  async endStop(place: Place): Promise<void> {
    const process = this.runningIn(place);
    if (process?.endsAt === undefined) return;
    await this.#context.clock.sleep(process.endsAt - this.#nowMs());
    this.runningIn(place);
  }

  // What happens to processes.

  isMortal({ restarts }: Process, { alternates = false }: Death): boolean {
    return !alternates || restarts % 2 === 0;
  }

  /** A process exits by itself; the supervisor restarts it. */
  die(place: Place, end: EndWords = exitStatus1): void {
    const process = this.runningIn(place);
    if (!process || process.endsAt !== undefined) return;
    const { contents, restarts, invocation } = process;
    this.#run(place, this.#aRun(contents, restarts + 1, this.#nowMs() + restartMs));
    this.ends.report({ place, invocation, isAsked: false, ...end });
  }

  cutPower(): void {
    this.#processes.clear();
  }

  #startIn(place: Place, startedAt: number): void {
    const contents = this.#places.get(placeId(place));
    if (contents === half) {
      this.#context.broken.push(`${placeId(place)} was started from half of its contents`);
    }
    if (contents === half || contents === undefined) return;
    const process = this.#aRun(contents, 0, startedAt);
    this.#run(place, process);
    if (!this.behaviourOf(process).exitsAtStart) return;
    const { invocation } = process;
    this.ends.report({ place, invocation, isAsked: false, ...exitStatus1 });
  }

  #aRun(contents: PlaceContents, restarts: number, startedAt: number): Process {
    this.#runs += 1;
    const invocation = this.#runs.toString(16).padStart(32, "0");
    return { contents, startedAt, invocation, restarts, requests: 0 };
  }

  #run(place: Place, process: Process): void {
    this.#processes.set(placeId(place), process);
    const { dies, bootMs = defaultBootMs } = this.behaviourOf(process);
    if (dies?.afterMs === undefined) return;
    const after = process.startedAt - this.#nowMs() + bootMs + dies.afterMs;
    void this.#context.clock.sleep(after).then(() => {
      const isSame = this.#processes.get(placeId(place)) === process;
      if (isSame && this.isMortal(process, dies)) this.die(place, dies.end);
    });
  }

  #statusOf(process: Process | undefined): UnitStatus {
    if (!process) return "stopped";
    if (process.endsAt !== undefined) return "stopping";
    return this.#nowMs() - process.startedAt < startMs ? "starting" : "running";
  }

  #nowMs(): number {
    return this.#context.clock.monotonicMs();
  }
}
