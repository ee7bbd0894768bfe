import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { cached } from "./cache.ts";
import { buildGoProgram } from "./go-program.ts";
import { downloadRelease, Unreachable } from "./hashicorp.ts";
import { versions } from "./versions.ts";

const run = promisify(execFile);

/**
 * Finds the Consul program: the one on PATH where its version fits; else the distributor's; else,
 * where that is unreachable, one built from its Go module. Downloads and builds are cached.
 *
 * @returns its path.
 */
export async function ensureConsul(log: (line: string) => void): Promise<string> {
  const version = versions().consul_version as string;
  const installed = await installedVersion();
  if (installed && versionFits(installed.version, version)) return installed.path;
  return cached(join("consul", version, "consul"), async (path) => {
    try {
      log(`consul ${version} is downloaded, once: none that fits is on PATH`);
      await downloadRelease("consul", version, path);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      log(`${error.message}; it is built instead`);
      await buildGoProgram(
        {
          name: "consul",
          version,
          modulePath: "github.com/hashicorp/consul",
          takes: "4 to 6 minutes on 2 cores",
        },
        path,
        log,
      );
    }
  });
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

/** Whether an installed version fits: the same minor version, and not older than wanted. */
export function versionFits(installed: string, wanted: string): boolean {
  const [major, minor, patch] = installed.split(".").map(Number);
  const [wantedMajor, wantedMinor, wantedPatch] = wanted.split(".").map(Number);
  return major === wantedMajor && minor === wantedMinor && Number(patch) >= Number(wantedPatch);
}
