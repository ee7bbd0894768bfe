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
} from "../effects.ts";
import type { Health } from "../health/health.ts";
import type { Journal } from "../state.ts";

/** What a roll works with: the service's file and everything it can cause. */
export interface Context {
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
  /** Tells people what a process is at; never waits, never fails. */
  readonly tell: (n: number, phase: ProcessPhase, error?: string) => void;
  /** Keeps a step of a process that is over, for the report; never waits, never fails. */
  readonly took: (step: TimedStep, n: number) => void;
  /** Counts connections that were cut when the drain timeout was over. */
  readonly countCut: (connections: number) => void;
}
