import type { ProcessPhase, TimedStep } from "../../protocol/documents.ts";

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
