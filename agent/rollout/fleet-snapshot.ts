import type { Consul, ServiceInstance } from "../../lib/consul.ts";
import { readDeploy } from "../../protocol/deploys.ts";
import {
  type Deploy,
  type DocumentUnusable,
  type InstanceRollout,
  type Pause,
  parseDocument,
  Rollout,
} from "../../protocol/documents.ts";
import { isLive, parseDrain, readDrains } from "../../protocol/drains.ts";
import { keys } from "../../protocol/keys.ts";
import { readPause } from "../../protocol/pauses.ts";
import { parseReport } from "../../protocol/status.ts";
import { parseEach } from "../../protocol/unusable.ts";
import { sameDeploy } from "../core/decide.ts";

/** A rollout's document with the index that a write over it must give. */
export interface ReadRollout {
  /** Undefined before any instance began. */
  readonly rollout: Rollout | undefined;
  /** 0 if there is none. */
  readonly index: number;
}

/** The keys that an instance reads before each batch; all are small. */
export interface GateInputs extends ReadRollout {
  /** The index to wait with for a change of the rollout's document. */
  readonly since: number;
  readonly pause: Pause | undefined;
  /** Whether a person drained this instance. */
  readonly isDrained: boolean;
}

/** An instance's report, as it was read. */
export interface ReadReport {
  readonly report: InstanceRollout;
  /** Changes with each write of it. */
  readonly index: number;
}

/** A rollout across the fleet, as it was read. */
export interface FleetSnapshot extends ReadRollout {
  readonly deploy: Deploy;
  readonly reports: readonly ReadReport[];
  /** Reports that cannot be read: the progress of their instances is unknown. */
  readonly unreadable: readonly DocumentUnusable[];
  /** Instances that the service is registered on. */
  readonly instances: readonly ServiceInstance[];
  /** Instances that people drained. */
  readonly drained: ReadonlySet<string>;
  readonly pause: Pause | undefined;
  /** Session of the coordinator, if there is one. */
  readonly coordinator: string | undefined;
  /** The index to wait with for a change of the rollout or one of its reports. */
  readonly since: number;
}

/** Whether a deploy is the current one in Consul; false if it is gone or was replaced. */
export async function isCurrent(consul: Consul, deploy: Deploy): Promise<boolean> {
  const { deploy: current } = await readDeploy(consul, deploy.service);
  return current !== undefined && sameDeploy(current, deploy);
}

/**
 * Reads only the rollout's document, and the index to wait with for its next change.
 *
 * @throws ConsulAway, ConsulDenied, DocumentUnusable.
 */
export async function readRollout(
  consul: Consul,
  { service, revision }: Deploy,
): Promise<ReadRollout & { readonly since: number }> {
  const key = keys.rollout(service, revision);
  const { found, index: since } = await consul.get(key);
  const rollout = found && parseDocument(Rollout, key, found.value);
  return { rollout, index: found?.modifyIndex ?? 0, since };
}

/**
 * A pause or a drain that cannot be read counts as one.
 *
 * @throws ConsulAway, ConsulDenied, DocumentUnusable for the rollout's document.
 */
export async function readGateInputs(
  consul: Consul,
  deploy: Deploy,
  instance: string,
  now: Date,
): Promise<GateInputs> {
  const [rollout, pause, drain] = await Promise.all([
    readRollout(consul, deploy),
    readPause(consul, deploy.service),
    consul.get(keys.drain(instance)),
  ]);
  return {
    ...rollout,
    pause,
    isDrained: drain.found !== undefined && isLive(parseDrain(drain.found), now),
  };
}

/**
 * @param wait waits for a change of the rollout or a report.
 * @throws ConsulAway, ConsulDenied, DocumentUnusable for the rollout's document.
 */
export async function readFleet(
  consul: Consul,
  deploy: Deploy,
  now: () => Date,
  wait: { readonly index: number; readonly waitSeconds: number; readonly signal: AbortSignal } = {
    index: 0,
    waitSeconds: 0,
    signal: new AbortController().signal,
  },
): Promise<FleetSnapshot> {
  const { service, revision } = deploy;
  const key = keys.rollout(service, revision);
  // Without a trailing slash, one read returns the rollout and everything under it. No newer
  // revision begins with the same digits.
  const listed = await consul.list(key, wait);
  const [instances, drains, pause] = await Promise.all([
    consul.serviceInstances(service),
    readDrains(consul),
    readPause(consul, service),
  ]);
  const entries = new Map(listed.found.map((entry) => [entry.key, entry]));
  const rollout = entries.get(key);
  const reports = parseEach(
    listed.found.filter(({ key }) => key.startsWith(keys.rolloutInstances(service, revision))),
    (entry) => ({ report: parseReport(service, revision, entry), index: entry.modifyIndex }),
  );
  const at = now();
  return {
    deploy,
    rollout: rollout && parseDocument(Rollout, key, rollout.value),
    index: rollout?.modifyIndex ?? 0,
    reports: reports.usable,
    unreadable: reports.unusable,
    instances,
    drained: new Set(
      drains.filter(({ drain }) => isLive(drain, at)).map(({ instance }) => instance),
    ),
    pause,
    coordinator: entries.get(keys.rolloutCoordinator(service, revision))?.session,
    since: listed.index,
  };
}

/** The gate inputs of one instance, from a view of the fleet. */
export const gateInputsOf = (view: FleetSnapshot, instance: string): GateInputs => ({
  rollout: view.rollout,
  index: view.index,
  since: view.since,
  pause: view.pause,
  isDrained: view.drained.has(instance),
});
