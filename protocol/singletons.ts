import type { Consul, Entry } from "../lib/consul.ts";
import type { InstanceRollout, ProcessPhase, ProcessReport } from "./documents.ts";
import { keys } from "./keys.ts";

/** The instance that runs each singleton kind of a service; a kind whose lease is free is absent. */
export type Holders = ReadonlyMap<string, string>;

/** Reads who holds the leases of a service. Agents report no change of them: Consul knows it first. */
export async function readHolders(consul: Consul, service: string): Promise<Holders> {
  return holdersOf(service, (await consul.list(keys.singletons(service))).found);
}

/** Who holds the leases of a service, by the entries of its leases. */
export function holdersOf(service: string, leases: readonly Entry[]): Holders {
  const prefix = keys.singletons(service);
  const isHeld = ({ session }: Entry) => session !== undefined;
  return new Map(leases.filter(isHeld).map(({ key, value }) => [key.slice(prefix.length), value]));
}

/** The phase of a process as people see it, who know of the other instances. */
export type PhaseInFleet = ProcessPhase | "standby";

/** The phase of a process, where `standby` is that of a singleton that another instance runs. */
export const phaseByLease = (
  { singleton, kind = "", phase }: ProcessReport,
  instance: string,
  holders: Holders,
): PhaseInFleet =>
  singleton && phase === "serving" && holders.get(kind) !== instance ? "standby" : phase;

/** A line for each singleton kind of these instances that none of them runs. */
export function unheldLines(instances: readonly InstanceRollout[], holders: Holders): string[] {
  const processes = instances.flatMap((it) => Object.values(it.processes));
  const kinds = processes.flatMap(({ singleton, kind }) => (singleton && kind ? [kind] : []));
  return [...new Set(kinds)]
    .filter((kind) => !holders.has(kind))
    .map((kind) => `no instance runs ${kind}: nobody holds its lease`);
}
