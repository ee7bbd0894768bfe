import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ensureGoProgram } from "./go-program.ts";
import { versions } from "./versions.ts";

const run = promisify(execFile);

/**
 * The Consul program: the one on PATH where its version fits, else built from its Go module once
 * and cached.
 *
 * @returns its path.
 */
export async function ensureConsul(log: (line: string) => void): Promise<string> {
  const wanted = versions().consul_version as string;
  const installed = await installedVersion();
  if (installed && versionFits(installed.version, wanted)) return installed.path;
  return ensureGoProgram(
    {
      name: "consul",
      version: wanted,
      modulePath: "github.com/hashicorp/consul",
      takes: "4 to 6 minutes on 2 cores",
    },
    log,
  );
}

async function installedVersion(): Promise<{ path: string; version: string } | undefined> {
  try {
    const { stdout } = await run("consul", ["version"]);
    const version = /^Consul v(\S+)/.exec(stdout)?.[1];
    const { stdout: path } = await run("sh", ["-c", "command -v consul"]);
    return version === undefined ? undefined : { path: path.trim(), version };
  } catch {
    return undefined;
  }
}

/** Whether an installed version does: the same minor version, and not older than wanted. */
export function versionFits(installed: string, wanted: string): boolean {
  const [major, minor, patch] = installed.split(".").map(Number);
  const [wantedMajor, wantedMinor, wantedPatch] = wanted.split(".").map(Number);
  return major === wantedMajor && minor === wantedMinor && Number(patch) >= Number(wantedPatch);
}
