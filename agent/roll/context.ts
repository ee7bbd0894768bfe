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

/** Receives the progress of a roll. No method waits or fails. */
export interface Progress {
  /** Reports the phase of a process. */
  readonly report: (n: number, phase: ProcessPhase, error?: string) => void;
  /** Records a step that is over, of process n or of the instance, for the report. */
  readonly recordStep: (step: TimedStep, n?: number) => void;
  /** Counts connections that were cut after the drain timeout. */
  readonly countConnectionsCut: (connections: number) => void;
  /** Counts a process that had to be killed so long after SIGTERM. */
  readonly countKilled: (afterSeconds: number) => void;
}

/** Reports nothing: the work belongs to no rollout. */
export const silentProgress: Progress = {
  report: () => {},
  recordStep: () => {},
  countConnectionsCut: () => {},
  countKilled: () => {},
};

/** What ends a process. It needs no journal: one that is damaged keeps no process from its end. */
export type Ending = Pick<Context, "service" | "supervisor" | "connections" | "clock" | "log"> &
  Pick<Progress, "countConnectionsCut" | "countKilled">;

/** The service's file, and every effect that a roll can have. */
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
