import type { Consul, Entry, ReadOptions } from "./consul.ts";
import { Deploy, Hold, InstanceRollout, parseDocument, Rollout } from "./documents.ts";
import { keys } from "./keys.ts";

/** A rollout and its instances, as the documents say. */
export interface Progress {
  readonly rollout: Rollout | undefined;
  readonly instances: readonly InstanceRollout[];
}

/** What a service is to run, and what runs where. */
export interface Status extends Progress {
  readonly service: string;
  readonly cluster: string;
  readonly deploy: Deploy | undefined;
  readonly hold: Hold | undefined;
}

/** The entries that a service's status is made of. */
export interface StatusEntries {
  readonly deploy: Entry | undefined;
  readonly hold: Entry | undefined;
  /** At least those of the standing deploy's rollout; others are left out. */
  readonly rollouts: readonly Entry[];
}

/**
 * The status that entries add up to.
 *
 * @throws Problem for a document that cannot be used.
 */
export function statusOf(
  cluster: string,
  service: string,
  { deploy: entry, hold, rollouts }: StatusEntries,
): Status {
  const deploy = entry && parseDocument(Deploy, entry.key, entry.value);
  const progress = deploy && progressOf(service, deploy.revision, rollouts);
  return {
    service,
    cluster,
    deploy,
    hold: hold && parseDocument(Hold, hold.key, hold.value),
    rollout: progress?.rollout,
    instances: progress?.instances ?? [],
  };
}

/**
 * One rollout among entries.
 *
 * @throws Problem for a document that cannot be used.
 */
export function progressOf(service: string, revision: number, entries: readonly Entry[]): Progress {
  const rolloutKey = keys.rollout(service, revision);
  const instancesPrefix = keys.rolloutInstances(service, revision);
  const rollout = entries.find(({ key }) => key === rolloutKey);
  return {
    rollout: rollout && parseDocument(Rollout, rollout.key, rollout.value),
    instances: entries
      .filter(({ key }) => key.startsWith(instancesPrefix))
      .map(({ key, value }) => parseDocument(InstanceRollout, key, value)),
  };
}

/** Reads a service's status. */
export async function readStatus(
  consul: Consul,
  cluster: string,
  service: string,
): Promise<Status> {
  const [{ found: deploy }, { found: hold }] = await Promise.all([
    consul.get(keys.deploy(service)),
    consul.get(keys.hold(service)),
  ]);
  const revision = deploy && parseDocument(Deploy, deploy.key, deploy.value).revision;
  const rollouts =
    revision === undefined ? [] : (await consul.list(keys.rollout(service, revision))).found;
  return statusOf(cluster, service, { deploy, hold, rollouts });
}

/** Reads a rollout with its instances; waits for a change after `index`. */
export async function readProgress(
  consul: Consul,
  service: string,
  revision: number,
  wait: ReadOptions = {},
): Promise<Progress & { index: number }> {
  const { found, index } = await consul.list(keys.rollout(service, revision), wait);
  return { index, ...progressOf(service, revision, found) };
}
