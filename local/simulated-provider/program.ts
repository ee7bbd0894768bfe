import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stream } from "../../tools/stream.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Builds the program that simulates providers, unless its sources are built already.
 *
 * @param folder of its sources. @default this folder
 * @returns its path; the name holds a hash of the sources.
 */
export async function buildProgram(cacheDir: string, folder = here): Promise<string> {
  const path = join(cacheDir, `program-${contentHash(goSources(folder), folder)}`);
  if (existsSync(path)) return path;
  mkdirSync(cacheDir, { recursive: true });
  const unfinished = `${path}.unfinished-${process.pid}`;
  // The same sources give the same bytes: lock files name a hash of the program.
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags=-buildid= -s -w"];
  await stream("go", ["build", ...flags, "-o", unfinished, "."], {
    cwd: folder,
    env: { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
    onLine: () => {},
    next: "see that Go 1.25 or newer is installed: go version",
  });
  renameSync(unfinished, path);
  return path;
}

function goSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /(^|\/)go\.(mod|sum)$|(?<!_test)\.go$/.test(name))
    .sort();
}

/** A short hash of files' names and contents. */
export function contentHash(names: readonly string[], below: string): string {
  const hash = createHash("sha256");
  for (const name of names) hash.update(`${name}\0`).update(readFileSync(join(below, name)));
  return hash.digest("hex").slice(0, 12);
}
