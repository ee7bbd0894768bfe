import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "./cache.ts";
import { stream } from "./stream.ts";

/** A Go program, pinned by a `go.mod` in `tools/<name>`. */
export interface GoProgram {
  /** Its folder in `tools/`, and its name in the cache. */
  readonly name: string;
  readonly version: string;
  /** The package for `go build`. */
  readonly modulePath: string;
  /** The duration of the build, in words. */
  readonly takes: string;
}

/**
 * Builds a Go program from its module once and caches it.
 *
 * @returns its path.
 * @throws Problem with the last lines of `go build`.
 */
export const ensureGoProgram = (program: GoProgram, log: (line: string) => void): Promise<string> =>
  cached(join(program.name, program.version, program.name), (path) =>
    buildGoProgram(program, path, log),
  );

/** Builds a Go program from its module to a path. @throws Problem as above. */
export async function buildGoProgram(
  { name, version, modulePath, takes }: GoProgram,
  path: string,
  log: (line: string) => void,
): Promise<void> {
  log(`${name} ${version} is built from its Go module, once: ${takes}`);
  // It is not debugged here: leaving out DWARF saves a tenth of the time.
  const smaller = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags=-s -w"];
  let packages = 0;
  await stream("go", ["build", "-v", ...smaller, "-o", path, modulePath], {
    cwd: fileURLToPath(new URL(`./${name}`, import.meta.url)),
    env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly" },
    onLine: () => {
      packages += 1;
    },
    stillRunning: (seconds) => log(`${name}: ${packages} packages built, ${seconds} s`),
    next: "see that Go 1.25.9 or newer is installed: go version",
  });
}
