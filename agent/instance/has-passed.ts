import type { Consul } from "../../protocol/consul.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import { readProgress } from "../../protocol/status.ts";
import type { Journal } from "../state.ts";

/** One service of an instance that is launched. */
export interface Launching {
  readonly service: ServiceFile;
  readonly journal: Journal;
  readonly consul: Consul;
}

/**
 * Whether every process of a service serves, which none does before it has passed its probes. A
 * service whose other instances run something newer, as after a restored snapshot of Consul, has not:
 * what this one was told to run is older. A service that was never deployed has passed, or a cluster's first instances never would. While
 * Consul is away nobody knows, so it has not.
 */
export async function hasPassed({ service, journal, consul }: Launching): Promise<boolean> {
  const { serving, deploy } = journal.current();
  if (processNumbers(service).every((n) => serving[n] !== undefined)) {
    return !(await othersRunNewer(consul, service.service, deploy));
  }
  if (deploy) return false;
  return consul.get(keys.deploy(service.service)).then(
    ({ found }) => found === undefined,
    () => false,
  );
}

async function othersRunNewer(consul: Consul, service: string, deploy: Deploy | undefined) {
  if (!deploy) return false;
  try {
    const { instances } = await readProgress(consul, service, deploy.revision);
    return instances.some(({ phase }) => phase === "runs newer");
  } catch {
    return false; // a Consul that is away says nothing against what serves
  }
}
