import { existsSync } from "node:fs";
import { Problem } from "../../lib/problem.ts";
import { controlGroup, processesIn } from "../host/control-groups.ts";
import { readIfThere } from "../host/files.ts";
import type { Region } from "../host/region.ts";
import type { Seed } from "./seed.ts";

/** The inputs of an instance; a change of any field replaces the instance. */
export interface InstanceSpec {
  readonly name: string;
  readonly service: string;
  /** In CIDR notation, with the network's prefix length. */
  readonly address: string;
  readonly userData: string;
  readonly hosts: Seed["hosts"];
  readonly awsEnvironment: Seed["awsEnvironment"];
  /** The image: read-only roots for overlayfs, the topmost first. */
  readonly layers: readonly string[];
}

/** The name of an instance's process in the region. */
export const instanceProcess = (name: string) => `instance-${name}`;

/** The pid, on this machine, of the instance's own PID 1. */
export function leaderPid(region: Region, name: string): number | undefined {
  return processesIn(controlGroup(region, instanceProcess(name))).find((pid) => {
    const inside = /^NSpid:\s+(.*)$/m.exec(readIfThere(`/proc/${pid}/status`) ?? "")?.[1];
    // Two name spaces: this machine's and the instance's, where it is the first process.
    return inside !== undefined && /^\d+\s+1$/.test(inside);
  });
}

export function readRecord(region: Region, name: string): InstanceSpec | undefined {
  const text = readIfThere(region.instancePath(name, "instance.json"));
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as InstanceSpec;
  return record.layers.every((layer) => existsSync(layer)) ? record : undefined;
}

export const unknownInstance = (name: string) =>
  new Problem({
    happened: `there is no instance ${name} in this region`,
    unchanged: "nothing was done",
    next: "see which there are with: shoestring local status",
  });
