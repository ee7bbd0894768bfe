import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execOn, type Region } from "../../local/region/index.ts";
import { megabytes } from "../resident.ts";

/** Number of processes that every way rolls. */
export const processes = 4;
/** Folder of the peers' own files on the instance. */
export const folder = "/opt/peers";
/** The host name by which nginx knows the peers' processes. */
export const peerHost = "peer.local";

/** The begin and the end of a deploy, by the machine's wall clock (`Date.now()`). */
export interface Moments {
  readonly from: number;
  /** The last new process serves. */
  readonly served: number;
  /** The deploy is done and no old process is left. */
  readonly ended: number;
}

/** The instance on which all ways run, with the same nginx, node and processors. */
export interface BenchInstance {
  readonly region: Region;
  readonly instance: string;
  /** The instance's address on the bridge. */
  readonly address: string;
  /** Runs a bash script as root. @throws Error with its output, if it fails. */
  run(script: string, timeoutMs?: number): Promise<string>;
  /** Runs a deploy's command and times it inside, so that entering the instance does not count. */
  timed(command: string): Promise<Moments>;
  put(path: string, text: string): void;
  /** Copies a file or folder of this machine to the instance. */
  copy(from: string, to: string): void;
}

export function benchInstance(region: Region, instance: string, address: string): BenchInstance {
  const inside = (path: string) => region.instancePath(instance, "root", path);
  const run: BenchInstance["run"] = async (script, timeoutMs = 60_000) => {
    const { code, stdout, stderr } = await execOn(region, instance, ["bash", "-euc", script], {
      timeoutMs,
    });
    if (code === 0) return stdout;
    throw new Error(`on ${instance}, this ended with ${code}:\n${script}\n${stderr}${stdout}`);
  };
  return {
    region,
    instance,
    address,
    run,
    async timed(command) {
      const text = await run(`date +%s%3N; ${command} > /dev/null; date +%s%3N`);
      const [from = 0, ended = 0] = text.trim().split("\n").map(Number);
      return { from, served: ended, ended };
    },
    put(path, text) {
      mkdirSync(dirname(inside(path)), { recursive: true });
      writeFileSync(inside(path), text);
    },
    copy(from, to) {
      mkdirSync(dirname(inside(to)), { recursive: true });
      cpSync(from, inside(to), { recursive: true });
    },
  };
}

/** Sum of the resident memory of processes on the instance, in megabytes. */
export async function residentMegabytes(on: BenchInstance, pids: string): Promise<number> {
  return megabytes(
    await on.run(`for pid in ${pids}; do grep VmRSS "/proc/$pid/status" || true; done`),
  );
}

/** A shell expression for the processes in a unit's control group. */
export const processesOf = (unit: string) =>
  `$(cat /sys/fs/cgroup/system.slice/${unit}.service/cgroup.procs)`;

/** The path of `scripts/<name>`. */
export const scriptPath = (name: string) =>
  join(dirname(fileURLToPath(import.meta.url)), "scripts", name);
