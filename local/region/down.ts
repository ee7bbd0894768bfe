import { existsSync, rmdirSync, rmSync } from "node:fs";
import { controlGroup, endControlGroup } from "../host/control-groups.ts";
import { namesIn } from "../host/files.ts";
import { withRegionLock } from "../host/lock.ts";
import { unmountBelow } from "../host/mounts.ts";
import { removeBridge } from "../host/network.ts";
import { stopProcess } from "../host/processes.ts";
import type { Region } from "../host/region.ts";
import { forgetMachine } from "../instance/instance.ts";
import { needRoot } from "./supplies.ts";

/**
 * Removes the region's processes, mounts, bridge and control groups, and its directory except for
 * caches. Works from any state, also one that `up` never finished.
 */
export async function down(
  region: Region,
  { log = () => {} }: { readonly log?: (line: string) => void } = {},
): Promise<void> {
  needRoot();
  if (!existsSync(region.directory)) {
    await removeEverything(region);
    return;
  }
  await withRegionLock(region, async () => {
    await removeEverything(region);
    log("nothing of the region runs any more");
  });
  try {
    rmdirSync(region.directory);
  } catch {
    // Caches stay.
  }
}

/** Entries that `up` makes in the region's directory. `down` removes nothing else there. */
const made = [
  "instances",
  "consul",
  "run",
  "logs",
  "build",
  "load-balancer.cfg",
  "region.json",
  "state.json",
];

/** As `down`, for a caller that already holds the region's lock. */
export async function removeEverything(region: Region): Promise<void> {
  // By pid first, since a process may have been moved out of the group that it was started in.
  await Promise.all(
    namesIn(region.path("run"))
      .filter((file) => file.endsWith(".json"))
      .map((file) => stopProcess(region, file.slice(0, -".json".length), { graceSeconds: 0 })),
  );
  await endControlGroup(controlGroup(region));
  for (const instance of namesIn(region.path("instances"))) await forgetMachine(region, instance);
  await unmountBelow(region.path("instances"));
  await removeBridge(region);
  for (const name of made) rmSync(region.path(name), { recursive: true, force: true });
}
