import type { Consul } from "../../lib/consul.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { newerIn } from "../../protocol/newer.ts";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import { readProgress } from "../../protocol/status.ts";
import type { Journal } from "../core/state.ts";

/** One service of an instance that is launched. */
export interface LaunchContext {
  readonly service: ServiceFile;
  readonly instance: string;
  readonly journal: Journal;
  readonly consul: Consul;
}

/**
 * Whether every process of a service serves: none does before it has passed its probes.
 *
 * A service whose other instances run a newer deploy has not passed: this instance got an older
 * one, as from a restored snapshot of Consul. A service that was never deployed has passed, or a
 * cluster's first instances never would. But where others serve it, its deploy was lost, so this
 * instance would serve nothing and has not passed. It has not passed while Consul is away.
 */
export async function isLaunchReady(deps: LaunchContext): Promise<boolean> {
  const { service, journal } = deps;
  const { serving, deploy } = journal.current();
  try {
    if (processNumbers(service).every((n) => serving[n] !== undefined)) {
      // Without an accepted deploy there is nothing to compare with what the others run.
      return deploy !== undefined && !(await othersRunNewer(deps, deploy));
    }
    return deploy === undefined && (await wasNeverDeployed(deps));
  } catch {
    return false;
  }
}

async function othersRunNewer(
  { consul, service }: LaunchContext,
  deploy: Deploy,
): Promise<boolean> {
  const { instances } = await readProgress(consul, service.service, deploy.revision);
  const newer = newerIn(instances);
  if (newer.length === 0) return false;
  // Ignore reports of instances that are gone.
  const registered = await consul.serviceInstances(service.service);
  return newer.some((it) => registered.some(({ name }) => name === it.instance));
}

async function wasNeverDeployed({ consul, service, instance }: LaunchContext): Promise<boolean> {
  const { found } = await consul.get(keys.deploy(service.service));
  if (found) return false;
  const registered = await consul.serviceInstances(service.service);
  return !registered.some(({ name, isHealthy }) => name !== instance && isHealthy);
}
