import type { Consul } from "../../protocol/consul.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { newerIn } from "../../protocol/newer.ts";
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
    // Until its deploy is accepted nobody knows whether the others run something newer.
    return deploy !== undefined && !(await othersRunNewer(consul, service.service, deploy));
  }
  if (deploy) return false;
  return consul.get(keys.deploy(service.service)).then(
    ({ found }) => found === undefined,
    () => false,
  );
}

async function othersRunNewer(consul: Consul, service: string, deploy: Deploy): Promise<boolean> {
  try {
    const { instances } = await readProgress(consul, service, deploy.revision);
    const newer = newerIn(instances);
    if (newer.length === 0) return false;
    // One that is gone runs nothing any more.
    const registered = await consul.serviceInstances(service);
    return newer.some((it) => registered.some(({ name }) => name === it.instance));
  } catch {
    return false; // a Consul that is away says nothing against what serves
  }
}
