import { mkdirSync, readFileSync } from "node:fs";
import { vpcNames } from "../host/addresses.ts";
import { writeFileAtomic } from "../host/files.ts";
import type { Region } from "../host/region.ts";
import type { Blueprint } from "./blueprint.ts";

/** The state that a region keeps between two runs of `up`: `.local/state.json`, 0600. */
export interface RegionState {
  readonly cluster: string;
  /** Read from the stacks that Terraform applied. */
  readonly blueprint: Blueprint;
  readonly subnet: string;
  readonly loadBalancerPort: number;
  /** Keyed by instance. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Consul tokens by grant. This region's own, made at random; they open nothing else. */
  readonly tokens: { readonly management: string } & Readonly<Record<string, string>>;
}

/** What each part of `up` works on. */
export interface RegionContext {
  readonly region: Region;
  readonly state: RegionState;
  /** Gets every line of progress. */
  readonly log: (line: string) => void;
}

/** Names that the VPC's DNS server would resolve in a region. */
export const namesOf = ({ cluster, subnet, blueprint }: RegionState) => {
  const inside = blueprint.rules.filter(({ isInternal }) => isInternal);
  const internalHosts = [...new Set(inside.flatMap(({ hosts }) => hosts))].sort();
  return vpcNames({ cluster, subnet, consulServers: blueprint.consulServers, internalHosts });
};

/** @returns undefined where there is no usable state: then `up` begins anew. */
export function readState(region: Region): RegionState | undefined {
  try {
    return JSON.parse(readFileSync(region.path("state.json"), "utf8")) as RegionState;
  } catch {
    return undefined;
  }
}

export function writeState(region: Region, state: RegionState): void {
  mkdirSync(region.directory, { recursive: true });
  writeFileAtomic(region.path("state.json"), `${JSON.stringify(state, null, 2)}\n`, 0o600);
}
