import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../lib/problem.ts";
import type { Region } from "./region.ts";

/**
 * Every process of a region lives in a control group that the region makes. It separates the
 * systemd of one instance from another's (nspawn's payload would be one group for all of them),
 * and lets `down` end everything that was started, also where a pid file got lost.
 */
export function controlGroup(region: Region, ...parts: string[]): string {
  const root = mounts().unified;
  if (root === undefined) {
    throw new Problem({
      happened: "this machine has no cgroup2 file system mounted",
      unchanged: "nothing was started",
      next: "mount it with: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified",
    });
  }
  return join(root, region.names.controlGroup, ...parts);
}

export const makeControlGroup = (path: string) => mkdirSync(path, { recursive: true });

/** The processes of a group and of the groups below it. */
export function processesIn(path: string): number[] {
  return groupsIn(path).flatMap((group) => {
    try {
      const text = readFileSync(join(group, "cgroup.procs"), "utf8");
      return text
        .split("\n")
        .filter(Boolean)
        .map(Number)
        .filter((pid) => pid > 0);
    } catch {
      return []; // it went away meanwhile
    }
  });
}

/** Kills the processes of a group at once, and removes the group from every hierarchy. */
export async function endControlGroup(path: string): Promise<void> {
  for (let i = 0; i < 200 && processesIn(path).length > 0; i++) {
    killAll(path);
    await sleep(25);
  }
  const { unified = "", all } = mounts();
  // nspawn makes the same path in the other hierarchies of a host that mixes v1 and v2.
  for (const root of all) {
    const here = join(root, path.slice(unified.length));
    for (const group of groupsIn(here).reverse()) {
      for (let i = 0; i < 40 && !removed(group); i++) await sleep(25);
    }
  }
}

function killAll(path: string): void {
  try {
    writeFileSync(join(path, "cgroup.kill"), "1");
  } catch {
    // Before Linux 5.14 there is no cgroup.kill.
    for (const pid of processesIn(path)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
  }
}

/** Removes a group. It is busy for a moment after its last process has ended. */
function removed(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EBUSY";
  }
}

/** A group and all below it, each before those in it. */
function groupsIn(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    const below = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [path, ...below.flatMap(({ name }) => groupsIn(join(path, name)))];
  } catch {
    return [];
  }
}

function mounts(): { unified: string | undefined; all: string[] } {
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const found = lines
    .map((line) => line.split(" "))
    .filter(([, path, type]) => path !== undefined && /^cgroup2?$/.test(type ?? ""));
  const unified = found.find(([, , type]) => type === "cgroup2")?.[1];
  return { unified, all: found.map(([, path]) => path as string) };
}
