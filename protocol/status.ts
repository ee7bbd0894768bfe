import type { Consul, Entry, ReadOptions } from "../lib/consul.ts";
import { parseDeploy } from "./deploys.ts";
import {
  type Deploy,
  DocumentUnusable,
  type Hold,
  InstanceRollout,
  parseDocument,
  Rollout,
} from "./documents.ts";
import { parseHold } from "./holds.ts";
import { keys } from "./keys.ts";
import { oneLine, parseEach } from "./unusable.ts";

/** A rollout and its instances, as their documents say. */
export interface Progress {
  readonly rollout: Rollout | undefined;
  readonly instances: readonly InstanceRollout[];
  /** Its documents that cannot be read, each with the reason; the rest is shown without them. */
  readonly unreadable: readonly string[];
}

/** A service's desired deploy, and the releases that run on its instances. */
export interface Status extends Progress {
  readonly service: string;
  readonly cluster: string;
  readonly deploy: Deploy | undefined;
  readonly hold: Hold | undefined;
}

/** The entries that a service's status is computed from. */
export interface StatusEntries {
  readonly deploy: Entry | undefined;
  readonly hold: Entry | undefined;
  /** At least those of the current deploy's rollout; others are ignored. */
  readonly rollouts: readonly Entry[];
}

/** Computes the status from entries; unreadable ones are named and left out. */
export function statusOf(
  cluster: string,
  service: string,
  { deploy: entry, hold, rollouts }: StatusEntries,
): Status {
  const { usable, unusable } = parseEach(entry ? [entry] : [], (it) => parseDeploy(service, it));
  const [deploy] = usable;
  const progress = deploy && progressOf(service, deploy.revision, rollouts);
  return {
    service,
    cluster,
    deploy,
    hold: hold && parseHold(hold),
    rollout: progress?.rollout,
    instances: progress?.instances ?? [],
    unreadable: [...unusable.map(nameUnreadable), ...(progress?.unreadable ?? [])],
  };
}

/** Finds one rollout among entries; unreadable ones are named and left out. */
export function progressOf(service: string, revision: number, entries: readonly Entry[]): Progress {
  const rolloutKey = keys.rollout(service, revision);
  const instancesPrefix = keys.rolloutInstances(service, revision);
  const rollouts = parseEach(
    entries.filter(({ key }) => key === rolloutKey),
    ({ key, value }) => parseDocument(Rollout, key, value),
  );
  const reports = parseEach(
    entries.filter(({ key }) => key.startsWith(instancesPrefix)),
    (entry) => parseReport(service, revision, entry),
  );
  return {
    rollout: rollouts.usable[0],
    instances: reports.usable,
    unreadable: [...rollouts.unusable, ...reports.unusable].map(nameUnreadable),
  };
}

/**
 * The reason for an instance's wait, which can also occur while it prepares; undefined if it does
 * not wait.
 */
export const awaitedBy = ({ phase, waitsFor }: InstanceRollout): string | undefined =>
  phase === "waiting" || phase === "fetching" ? waitsFor : undefined;

/**
 * Reads an instance's report. @throws DocumentUnusable, also for one that names another roll than
 * its key.
 */
export function parseReport(
  service: string,
  revision: number,
  { key, value }: Entry,
): InstanceRollout {
  const report = parseDocument(InstanceRollout, key, value);
  const named = keys.rolloutInstance(report.service, report.revision, report.instance);
  const under = keys.rolloutInstances(service, revision);
  if (named === key && key.startsWith(under)) return report;
  throw new DocumentUnusable(key, `it is the report ${named}`);
}

const nameUnreadable = (error: DocumentUnusable) =>
  `${error.key} cannot be read: ${oneLine(error)}`;

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
  const status = statusOf(cluster, service, { deploy, hold, rollouts: [] });
  const revision = status.deploy?.revision;
  if (revision === undefined) return status;
  const rollouts = (await consul.list(keys.rollout(service, revision))).found;
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
