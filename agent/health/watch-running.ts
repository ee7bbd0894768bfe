import { logOnChange } from "../../lib/log-on-change.ts";
import { singletonsOf } from "../../protocol/process-settings.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log, Memory } from "../core/effects.ts";
import type { Journal } from "../core/state.ts";

/** Shorter than the interval of Consul's check, which asks nginx. */
const everyMs = 2000;

export interface RunningContext {
  readonly service: ServiceFile;
  readonly journal: Journal;
  readonly memory: Pick<Memory, "usedBytes">;
  /** Writes whether a process runs where nginx finds it. */
  readonly mark: (isRunning: boolean) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Looks whether a process of a service that speaks no HTTP runs: nobody can ask the process itself.
 * When the agent ends, the last answer stays, as the processes do. Never resolves.
 */
export async function watchRunning(deps: RunningContext): Promise<never> {
  const { service, clock, log } = deps;
  const logUnknown = logOnChange((error) =>
    log("running.unknown", { service: service.service, error }),
  );
  for (let known: boolean | undefined; ; await clock.sleep(everyMs)) {
    try {
      const isRunning = await runs(deps);
      if (isRunning === known) continue;
      await deps.mark(isRunning);
      known = isRunning;
    } catch (error) {
      logUnknown(error);
    }
  }
}

/** Like a load balancer, Consul counts an instance while one process of the service is well. */
async function runs({ service, journal, memory }: RunningContext): Promise<boolean> {
  const singletons = singletonsOf(service);
  const serving = Object.entries(journal.current().serving);
  const places = serving.filter(([n]) => !singletons.includes(Number(n)));
  // Where it has nothing but what runs once in the fleet, an instance that may take over is well.
  if (singletons.length === service.processes) return serving.length > 0;
  const used = await Promise.all(
    places.map(([n, { side }]) => memory.usedBytes({ n: Number(n), side })),
  );
  return used.some((bytes) => bytes > 0);
}
