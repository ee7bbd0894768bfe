import { settingsOf, speaksHttp } from "../../../protocol/process-settings.ts";
import {
  frontPort,
  otherSide,
  processNumbers,
  type ServiceFile,
  workerPort,
} from "../../../protocol/service-file.ts";
import type { Place } from "../../core/effects.ts";
import type { FrontPorts } from "./front-ports.ts";
import { placeAt, placeId } from "./places.ts";
import type { Process, Processes } from "./processes.ts";

interface RotationContext {
  readonly service: ServiceFile;
  readonly fronts: FrontPorts;
  readonly processes: Processes;
  /** Broken rules, in words. */
  readonly broken: string[];
}

/** Which processes new requests reach; it checks rules 1 and 2 of docs/rules.md. */
export class Rotation {
  /** The first deploy is over: the rules are checked from here on. */
  isChecked = false;
  readonly #context: RotationContext;

  constructor(context: RotationContext) {
    this.#context = context;
  }

  /** The place that the gate points process n to. */
  placeOf(n: number): Place | undefined {
    const { service, fronts } = this.#context;
    const worker = fronts.workerOf(frontPort(service, n));
    return worker === undefined ? undefined : placeAt(service, worker);
  }

  /** The process that the gate points process n to, whether it is open or not. */
  processOf(n: number): Process | undefined {
    const place = this.placeOf(n);
    return place && this.#context.processes.runningIn(place);
  }

  /** Whether process n would answer a new request from nginx well. */
  serves(n: number): boolean {
    return this.#isOpen(n) && this.#context.processes.isWell(this.processOf(n));
  }

  /** Rules 1 and 2, at every change. */
  check(after: string): void {
    if (!this.isChecked) return;
    const { service, broken } = this.#context;
    const out = processNumbers(service).filter((n) => !this.serves(n) && !this.#cameBack(n));
    const isInPlace = (n: number) => settingsOf(service, n).strategy === "in-place";
    const allowed = out.some(isInPlace) ? 1 : 0;
    if (out.length > allowed) broken.push(`after ${after}: processes ${out.join(", ")} are out`);
    for (const n of processNumbers(service)) {
      if (this.#reachesDying(n)) {
        broken.push(`after ${after}: requests reach ${n}, which is stopping`);
      }
      if (this.#runsTwice(n) && isInPlace(n)) {
        broken.push(`after ${after}: ${n} runs twice`);
      }
    }
  }

  /** A process is about to be stopped. */
  checkStop(place: Place): void {
    const { service, fronts, processes, broken } = this.#context;
    const process = processes.runningIn(place);
    if (!this.isChecked || !processes.isWell(process) || !speaksHttp(service, place.n)) return;
    if (fronts.inFlight(workerPort(service, place.n, place.side)) > 0) {
      broken.push(`${placeId(place)} was stopped with requests in flight`);
    }
  }

  /** The place beside the one that serves, if a process runs in it. */
  leftoverOf(n: number): Place | undefined {
    const place = this.placeOf(n);
    const spare = place && { n, side: otherSide(place.side) };
    return spare && this.#context.processes.runningIn(spare) ? spare : undefined;
  }

  /** Whether it exited by itself: its boot, or a lost request, is not the roll's fault. */
  #cameBack(n: number): boolean {
    return (this.processOf(n)?.restarts ?? 0) > 0;
  }

  /** Whether new requests reach a process that was sent SIGTERM, which may not answer them. */
  #reachesDying(n: number): boolean {
    return this.#isOpen(n) && this.processOf(n)?.endsAt !== undefined;
  }

  #runsTwice(n: number): boolean {
    const { processes } = this.#context;
    return (
      processes.runningIn({ n, side: "a" }) !== undefined &&
      processes.runningIn({ n, side: "b" }) !== undefined
    );
  }

  #isOpen(n: number): boolean {
    const { service, fronts } = this.#context;
    return fronts.isOpen(frontPort(service, n));
  }
}
