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
import type { Progress } from "./progress.ts";
import type { Retirements } from "./retirements.ts";

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
  readonly retirements: Retirements;
  readonly log: Log;
}
