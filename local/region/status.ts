import { describe } from "../../lib/problem.ts";
import { runningPid } from "../host/processes.ts";
import type { Region } from "../host/region.ts";
import { bootState } from "../instance/instance.ts";
import { readRecord } from "../instance/record.ts";
import { loadBalancerName, targetStates } from "../load-balancer/load-balancer.ts";
import { announceName } from "./announce.ts";
import { awsEndpoint, motoName } from "./aws.ts";
import { consulServers, serverName, serverUrl } from "./consul.ts";
import { readState } from "./state.ts";

export interface PartStatus {
  readonly name: string;
  readonly running: boolean;
  /** Undefined for a part that listens nowhere. */
  readonly url?: string;
}

export interface InstanceStatus {
  readonly name: string;
  readonly service: string;
  readonly address: string;
  /** systemd's word: off, starting, running, degraded, … */
  readonly boot: string;
  /** The state that the load balancer's health check found, like UP or DOWN. */
  readonly target: string;
}

export interface RegionStatus {
  readonly cluster: string;
  readonly url: string;
  /** Consul's servers, moto, the queue runner and the load balancer. */
  readonly parts: readonly PartStatus[];
  readonly instances: readonly InstanceStatus[];
}

/** The state of a region's parts; undefined where there is no region. */
export async function regionStatus(region: Region): Promise<RegionStatus | undefined> {
  const state = readState(region);
  if (!state) return undefined;
  const url = `http://${region.names.loopback}:${state.loadBalancerPort}`;
  const part = (name: string, url?: string): PartStatus => ({
    name,
    running: runningPid(region, name) !== undefined,
    ...(url === undefined ? {} : { url }),
  });
  const targets = await targetStates(region);
  const instances = await Promise.all(
    Object.entries(state.addresses).map(async ([name, address]) => ({
      name,
      service: readRecord(region, name)?.service ?? "",
      address,
      boot: await bootState(region, name).catch(describe),
      target: targets.get(name) ?? "-",
    })),
  );
  return {
    cluster: state.cluster,
    url,
    parts: [
      ...consulServers(state).map((n) => part(serverName(n), serverUrl(state, n))),
      part(motoName, awsEndpoint(state)),
      part(announceName),
      part(loadBalancerName, url),
    ],
    instances,
  };
}

/** Whether everything runs that `up` starts. */
export const isUp = ({ parts, instances }: RegionStatus): boolean =>
  parts.every(({ running }) => running) &&
  instances.every(({ boot }) => boot === "running" || boot === "degraded");

/** The status as a table for people. */
export function statusTable({ cluster, url, parts, instances }: RegionStatus): string {
  const rows = [
    ["instance", "address", "boot", "load balancer"],
    ...instances.map(({ name, address, boot, target }) => [name, address, boot, target]),
    [],
    ["part", "answers at", "runs"],
    ...parts.map((part) => [part.name, part.url ?? "-", part.running ? "yes" : "no"]),
  ];
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [`cluster ${cluster} at ${url}`, "", ...lines, ""].join("\n");
}
