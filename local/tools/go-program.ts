import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "./cache.ts";
import { stream } from "./stream.ts";

/** A Go program that is pinned by a `go.mod` in `tools/<name>`. */
export interface GoProgram {
  /** Its folder in `tools/`, and its name in the cache. */
  readonly name: string;
  readonly version: string;
  /** What `go build` is given. */
  readonly modulePath: string;
  /** How long it takes, in words. */
  readonly takes: string;
}

/**
 * Builds a Go program from its module, once, into the cache.
 *
 * @returns its path.
 * @throws Problem with the last lines of `go build`.
 */
export function ensureGoProgram(
  { name, version, modulePath, takes }: GoProgram,
  log: (line: string) => void,
): Promise<string> {
  return cached(join(name, version, name), async (path) => {
    log(`${name} ${version} is built from its Go module, once: ${takes}`);
    let packages = 0;
    await stream("go", ["build", "-v", "-trimpath", "-ldflags=-s -w", "-o", path, modulePath], {
      cwd: fileURLToPath(new URL(`../../tools/${name}`, import.meta.url)),
      env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly" },
      onLine: () => {
        packages += 1;
      },
      stillRunning: (seconds) => log(`${name}: ${packages} packages built, ${seconds} s`),
      next: "see that Go 1.25.9 or newer is installed: go version",
    });
  });
}
