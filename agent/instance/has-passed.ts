import type { Consul } from "../../protocol/consul.ts";
import { keys } from "../../protocol/keys.ts";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import type { Journal } from "../state.ts";

/** One service of an instance that is launched. */
export interface Launching {
  readonly service: ServiceFile;
  readonly journal: Journal;
  readonly consul: Consul;
}

/**
 * Whether every process of a service serves, which none does before it has passed its probes. A
 * service that was never deployed has passed, or a cluster's first instances never would. While
 * Consul is away nobody knows, so it has not.
 */
export async function hasPassed({ service, journal, consul }: Launching): Promise<boolean> {
  const { serving, deploy } = journal.current();
  if (processNumbers(service).every((n) => serving[n] !== undefined)) return true;
  if (deploy) return false;
  return consul.get(keys.deploy(service.service)).then(
    ({ found }) => found === undefined,
    () => false,
  );
}
