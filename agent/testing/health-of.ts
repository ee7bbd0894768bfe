import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { Journal } from "../core/state.ts";
import { ServiceHealth } from "../health/service-health.ts";
import { silentLog } from "./builders.ts";
import type { SimulatedMachine } from "./simulated-machine/index.ts";

/** The health of a simulated machine's processes, as its agent watches it. */
export const healthOf = (
  {
    store,
    supervisor,
    ends,
    gate,
  }: Pick<SimulatedMachine, "store" | "supervisor" | "ends" | "gate">,
  deps: {
    readonly service: ServiceFile;
    readonly journal: Journal;
    readonly clock: Clock;
    readonly instance?: string;
    readonly log?: Log;
  },
): ServiceHealth =>
  new ServiceHealth({ instance: "web-1", log: silentLog, store, supervisor, ends, gate, ...deps });
