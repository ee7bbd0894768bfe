import { spawn } from "node:child_process";
import { Problem } from "../../lib/problem.ts";
import type { Region } from "../host/region.ts";
import { type RunOptions, type RunResult, run } from "../host/run.ts";
import { leaderPid, readRecord, unknownInstance } from "./record.ts";

/**
 * Runs a command inside an instance, as root, and collects what it prints.
 *
 * @throws Problem if the instance does not exist or does not run.
 */
export async function execOn(
  region: Region,
  instance: string,
  command: readonly string[],
  options?: RunOptions,
): Promise<RunResult> {
  return await run("nsenter", enter(region, instance, command), options);
}

/**
 * Runs a command inside an instance with this process's own input and output.
 *
 * @returns the command's exit code.
 * @throws as `execOn`.
 */
export async function execThrough(
  region: Region,
  instance: string,
  command: readonly string[],
): Promise<number> {
  const child = spawn("nsenter", enter(region, instance, command), { stdio: "inherit" });
  // Ctrl-C is for the command, not for this process.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? (signal ? 130 : 1)));
    });
  } finally {
    process.off("SIGINT", ignore);
  }
}

/** Arguments of nsenter: all name spaces of the instance's PID 1, its root, a clean environment. */
function enter(region: Region, instance: string, command: readonly string[]): string[] {
  const leader = leaderPid(region, instance);
  if (leader === undefined) {
    if (!readRecord(region, instance)) throw unknownInstance(instance);
    throw new Problem({
      happened: `the instance ${instance} does not run`,
      unchanged: "nothing was done",
      next: "start it with: shoestring local up",
    });
  }
  const environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
    `TERM=${process.env.TERM ?? "dumb"}`,
  ];
  const target = ["--target", String(leader), "--all", "--root", "--wd"];
  return [...target, "--", "env", "-i", ...environment, ...command];
}
