import { httpProcesses } from "../../protocol/process-settings.ts";
import { frontPort, type ServiceFile } from "../../protocol/service-file.ts";
import { eachAlone } from "./each-alone.ts";
import type { Log } from "./effects.ts";
import { routesOf } from "./routes.ts";
import type { ServiceState } from "./state.ts";

/**
 * Worker port by front port, from the services' states. A service whose file or state cannot be
 * read keeps its routes in the gate: its processes may serve.
 *
 * @param unusable names of services whose files cannot be read
 * @param current reads the gate's routes; called only where something cannot be read.
 */
export async function serviceRoutes(
  services: readonly ServiceFile[],
  unusable: readonly string[],
  {
    readState,
    current,
    log,
  }: {
    readonly readState: (service: string) => Promise<ServiceState>;
    readonly current: () => Promise<ReadonlyMap<number, number>>;
    readonly log: Log;
  },
): Promise<Map<number, number>> {
  const { made, failed } = await eachAlone(
    services,
    ({ service }) => service,
    async (service) => ({ service, pairs: routesOf(service, await readState(service.service)) }),
    log,
  );
  const known = made.flatMap(({ pairs }) => pairs);
  if (failed.length + unusable.length === 0) return new Map(known);
  const fronts = new Set(
    made.flatMap(({ service }) => httpProcesses(service).map((n) => frontPort(service, n))),
  );
  const kept = [...(await current())].filter(([front]) => !fronts.has(front));
  return new Map([...kept, ...known]);
}
