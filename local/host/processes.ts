import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../lib/problem.ts";
import { controlGroup, endControlGroup, makeControlGroup } from "./control-groups.ts";
import { readIfThere, writeFileAtomic } from "./files.ts";
import type { Region } from "./region.ts";

/** A process of the region that outlives the command that started it. */
export interface Background {
  /** Names its pid file, its log and its control group. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Its configuration: a change restarts the process. @default command and env alone */
  readonly fingerprint?: string;
}

/** The content of a pid file. A pid alone may belong to another process by now. */
interface PidFile {
  readonly pid: number;
  /** Clock ticks from the machine's boot to the process's start. */
  readonly startTime: string;
  readonly boot: string;
  readonly fingerprint: string;
}

/** The pid of a process that the region started and that still runs. */
export function runningPid(region: Region, name: string): number | undefined {
  return runningProcess(region, name)?.pid;
}

function runningProcess(region: Region, name: string): PidFile | undefined {
  const text = readIfThere(pidPath(region, name));
  if (text === undefined) return undefined;
  try {
    const file = JSON.parse(text) as PidFile;
    const same = file.boot === bootId() && startTime(file.pid) === file.startTime;
    return same ? file : undefined;
  } catch {
    return undefined; // half-written: the control group still finds the process
  }
}

/** Whether a process runs as it should, so that there is nothing to do. */
function runsAsSpecified(region: Region, background: Background): boolean {
  return runningProcess(region, background.name)?.fingerprint === fingerprint(background);
}

/**
 * Starts a process unless it runs as specified; one with another configuration is stopped first.
 *
 * @returns whether it was started.
 * @throws Problem where the command cannot be started.
 */
export async function ensureProcess(region: Region, background: Background): Promise<boolean> {
  if (runsAsSpecified(region, background)) return false;
  await stopProcess(region, background.name);
  await startProcess(region, background);
  return true;
}

async function startProcess(region: Region, background: Background): Promise<void> {
  const { name, command, env = {}, cwd = region.directory } = background;
  const group = controlGroup(region, name);
  makeControlGroup(group);
  mkdirSync(region.path("logs"), { recursive: true });
  mkdirSync(region.path("run"), { recursive: true });
  const log = openSync(logPath(region, name), "a", 0o600);
  try {
    // The shell enters the control group and becomes the command: the pid stays the same.
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const child = spawn("/bin/sh", ["-c", enter, group, ...command], {
      cwd,
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: "C.UTF-8", ...env },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const pid = child.pid as number;
    const file: PidFile = {
      pid,
      startTime: startTime(pid) ?? "",
      boot: bootId(),
      fingerprint: fingerprint(background),
    };
    writeFileAtomic(pidPath(region, name), JSON.stringify(file), 0o600);
    child.unref();
  } finally {
    closeSync(log);
  }
}

/**
 * Ends a process with SIGTERM, and kills the rest of its control group after the grace.
 *
 * @param graceSeconds 0 for an end without warning, like a power cut. @default 5
 */
export async function stopProcess(
  region: Region,
  name: string,
  { graceSeconds = 5, signal = "SIGTERM" }: { graceSeconds?: number; signal?: NodeJS.Signals } = {},
): Promise<void> {
  const pid = runningPid(region, name);
  if (pid !== undefined && graceSeconds > 0) {
    signalProcess(pid, signal);
    for (let i = 0; i < graceSeconds * 40 && runningPid(region, name) !== undefined; i++) {
      await sleep(25);
    }
  }
  await endControlGroup(controlGroup(region, name));
  rmSync(pidPath(region, name), { force: true });
}

/** Sends a signal to a process of the region; false where it does not run. */
export function signalIfRunning(region: Region, name: string, signal: NodeJS.Signals): boolean {
  const pid = runningPid(region, name);
  return pid !== undefined && signalProcess(pid, signal);
}

function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // it ended in between
  }
}

/** @throws Problem with the end of the log, where a process of the region has ended. */
export function assertRunning(region: Region, name: string): void {
  if (runningPid(region, name) !== undefined) return;
  const log = readIfThere(logPath(region, name)) ?? "";
  throw new Problem({
    happened: `${name} ended right after its start: ${log.trim().split("\n").slice(-3).join(" | ")}`,
    unchanged: "what already runs goes on",
    next: `read its log: ${logPath(region, name)}`,
  });
}

export const logPath = (region: Region, name: string) => region.path("logs", `${name}.log`);
const pidPath = (region: Region, name: string) => region.path("run", `${name}.json`);

function fingerprint({ command, env, cwd, fingerprint }: Background): string {
  return createHash("sha256")
    .update(JSON.stringify([command, env, cwd, fingerprint]))
    .digest("hex");
}

const bootId = () => readIfThere("/proc/sys/kernel/random/boot_id")?.trim() ?? "";

/** The 22nd field of /proc/<pid>/stat; the second, the name, may hold spaces and brackets. */
export function startTime(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}
