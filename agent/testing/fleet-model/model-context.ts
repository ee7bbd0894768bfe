import type { ServiceFile } from "../../../protocol/service-file.ts";
import type { Invariants } from "./invariants.ts";
import type { ModelClock } from "./model-clock.ts";
import type { ModelConsul } from "./model-consul.ts";
import type { Random } from "./random.ts";
import type { Rules } from "./rules.ts";

/** What all agents of one interleaving share. */
export interface ModelContext {
  readonly by: Rules;
  readonly random: Random;
  readonly service: ServiceFile;
  readonly clock: ModelClock;
  readonly consul: ModelConsul;
  readonly invariants: Invariants;
  /** Release id → instances on which it fails. */
  readonly bad: ReadonlyMap<string, ReadonlySet<string>>;
}
