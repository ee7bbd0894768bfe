import { frontPort, type ServiceFile } from "../../../protocol/service-file.ts";
import type { Clock, RequestLog, Try } from "../../core/effects.ts";
import type { FrontPorts } from "./front-ports.ts";
import { placeAt } from "./places.ts";
import type { Processes } from "./processes.ts";

interface NginxContext {
  readonly service: ServiceFile;
  readonly clock: Clock;
  readonly fronts: FrontPorts;
  readonly processes: Processes;
}

/** nginx: it passes users' requests to the processes in turn, and logs each try. */
export class Nginx {
  readonly #context: NginxContext;
  #lastProcess = 0;
  #logged: Try[] | undefined;

  constructor(context: NginxContext) {
    this.#context = context;
  }

  readonly log: RequestLog = {
    start: async () => {
      this.#logged = [];
    },
    stop: async () => {
      this.#logged = undefined;
    },
    read: async () => this.#logged?.splice(0) ?? [],
  };

  /** @returns whether a request was answered: not if the process exits at it, or none is running. */
  request(path: string): boolean {
    const { processes } = this.#context.service;
    for (let tries = 0; tries < processes; tries += 1) {
      this.#lastProcess = (this.#lastProcess % processes) + 1;
      const answer = this.#pass(frontPort(this.#context.service, this.#lastProcess), path);
      if (answer !== "refused") return answer === "answered";
    }
    return false;
  }

  #pass(front: number, path: string): "answered" | "lost" | "refused" {
    const { service, fronts, processes } = this.#context;
    const place = placeAt(service, fronts.workerOf(front) ?? 0);
    const process = place && processes.runningIn(place);
    if (!place || !fronts.isOpen(front) || !processes.answers(process)) {
      // nginx was refused, logs it, and tries the next process.
      this.#logTry(front, true);
      return "refused";
    }
    const { dies, failsEvery } = processes.behaviourOf(process);
    if (dies?.path === undefined || dies.path === path) process.requests += 1;
    this.#logTry(front, failsEvery !== undefined && process.requests % failsEvery === 0);
    const isLast = dies?.atRequest !== undefined && process.requests >= dies.atRequest;
    if (!isLast || !dies || !processes.isMortal(process, dies)) return "answered";
    processes.die(place, dies.end);
    return "lost";
  }

  #logTry(front: number, isBad: boolean): void {
    this.#logged?.push({ front, beganAtMs: this.#context.clock.now().getTime(), isBad });
  }
}
