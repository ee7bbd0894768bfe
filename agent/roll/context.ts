import type { ProcessPhase, TimedStep } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type {
  Clock,
  Connections,
  Gate,
  Log,
  Memory,
  Probe,
  Store,
  Supervisor,
} from "../core/effects.ts";
import type { Journal } from "../core/state.ts";
import type { Health } from "../health/health.ts";

/** Hears how a roll goes on. Nothing here waits or fails. */
export interface Progress {
  /** Tells people what a process is at. */
  readonly tell: (n: number, phase: ProcessPhase, error?: string) => void;
  /** Keeps a step of process n that is over, or of the instance, for the report. */
  readonly took: (step: TimedStep, n?: number) => void;
  /** Counts connections that were cut when the drain timeout was over. */
  readonly countConnectionsCut: (connections: number) => void;
  /** Counts a process that had to be killed when the stop timeout was over. */
  readonly countKilled: () => void;
}

/** Nobody is told: what is brought to rest belongs to no rollout. */
export const untold: Progress = {
  tell: () => {},
  took: () => {},
  countConnectionsCut: () => {},
  countKilled: () => {},
};

/** What a roll works with: the service's file and everything it can cause. */
export interface Context extends Progress {
  readonly service: ServiceFile;
  readonly gate: Gate;
  readonly supervisor: Supervisor;
  readonly probe: Probe;
  readonly connections: Connections;
  readonly store: Store;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly health: Health;
  readonly journal: Journal;
  readonly log: Log;
}
