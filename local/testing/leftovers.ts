import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { controlGroup, processesIn } from "../host/control-groups.ts";
import { startTime } from "../host/processes.ts";
import type { Region } from "../host/region.ts";
import { mustRun } from "../host/run.ts";

/** All that `down` may leave in a region's directory: Terraform's files, for the next `up`. */
const caches = ["terraform"];
const nspawn = "/run/systemd/nspawn";

/**
 * Records what a region has on this machine.
 *
 * @returns a function that lists what is left, and looks in other places than `down` does.
 * @throws Error where the region is not up, since nothing could be left of it.
 */
export async function watchEnd(region: Region): Promise<() => Promise<string[]>> {
  const { id, bridge, controlGroup: group } = region.names;
  const address = await mustRun("ip", ["-oneline", "-4", "address", "show", "dev", bridge]);
  const [, network = ""] = /inet (\d+\.\d+\.\d+)\./.exec(address) ?? [];
  const traces = new RegExp(`-${id}|\\b${network.replaceAll(".", "\\.")}\\.`);
  const processes = processesIn(controlGroup(region)).map((pid) => [pid, startTime(pid)] as const);
  const locks = namesIn(region.path("instances")).map((instance) => {
    const { dev, ino } = statSync(region.instancePath(instance, "root"));
    return join(nspawn, "locks", `inode-${dev}:${ino}`);
  });

  return async () => {
    const mounts = readFileSync("/proc/self/mounts", "utf8").trim().split("\n");
    const groups = mounts
      .map((line) => line.split(" "))
      .filter(([, , type]) => /^cgroup2?$/.test(type ?? ""))
      .map(([, root]) => join(root as string, group));
    const listings = await Promise.all([
      linesOf("ip", "-oneline", "link"),
      linesOf("ip", "-oneline", "address"),
      linesOf("ip", "route", "show", "table", "all"),
      // Without the program there are no rules: instances have a network of their own.
      existsSync("/usr/sbin/nft") ? linesOf("nft", "list", "ruleset") : [],
    ]);
    return [
      ...processes.filter(([pid, at]) => startTime(pid) === at).map(([pid]) => `process ${pid}`),
      ...[...groups, ...locks].filter((path) => existsSync(path)),
      ...mounts.filter((line) => line.includes(`${region.directory}/`)),
      ...listings.flat().filter((line) => traces.test(line)),
      ...namesIn(join(nspawn, "propagate")).filter((name) => name.startsWith(id)),
      ...namesIn(region.directory).filter((name) => !caches.includes(name)),
    ];
  };
}

const linesOf = async (command: string, ...args: string[]) =>
  (await mustRun(command, args)).split("\n");

const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
