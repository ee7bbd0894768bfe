import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cached } from "./cache.ts";
import { stream } from "./stream.ts";
import { versions } from "./versions.ts";

const run = promisify(execFile);
const moduleFolder = fileURLToPath(new URL("../../tools/consul", import.meta.url));

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
  return cached(join("consul", wanted, "consul"), async (path) => {
    log(`Consul ${wanted} is built from its Go module, once: 4 to 6 minutes on 2 cores`);
    let packages = 0;
    await stream(
      "go",
      ["build", "-v", "-trimpath", "-ldflags=-s -w", "-o", path, "github.com/hashicorp/consul"],
      {
        cwd: moduleFolder,
        env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly" },
        onLine: () => {
          packages += 1;
        },
        stillRunning: (seconds) => log(`Consul: ${packages} packages built, ${seconds} s`),
        next: "see that Go 1.25.9 or newer is installed: go version",
      },
    );
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

/** Whether an installed version does: the same minor version, and not older than wanted. */
export function versionFits(installed: string, wanted: string): boolean {
  const [major, minor, patch] = installed.split(".").map(Number);
  const [wantedMajor, wantedMinor, wantedPatch] = wanted.split(".").map(Number);
  return major === wantedMajor && minor === wantedMinor && Number(patch) >= Number(wantedPatch);
}
