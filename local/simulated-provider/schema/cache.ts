import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Bindings } from "./bindings.ts";
import type { PackageSchema } from "./schema.ts";

const here = dirname(fileURLToPath(import.meta.url));

/**
 * The whole schema of a bindings package as gzipped JSON, generated unless the cache has it.
 *
 * @param cacheDir folder for generated schemas.
 * @returns the path of the file; its name has the package's name and version.
 * @throws Problem if the bindings have a form that the generator does not know.
 */
export async function schemaFile(cacheDir: string, bindings: Bindings): Promise<string> {
  const name = `${bindings.name.replace("/", "+")}-${bindings.version}-${generator()}.json.gz`;
  const path = join(cacheDir, name);
  if (existsSync(path)) return path;
  mkdirSync(cacheDir, { recursive: true });
  // Loaded late: it loads the compiler, which takes a second and is needed once.
  const { generatePackage } = await import("./generate.ts");
  const unfinished = `${path}.unfinished-${process.pid}`;
  writeFileSync(unfinished, gzipSync(JSON.stringify(generatePackage(bindings.folder))));
  renameSync(unfinished, path);
  return path;
}

/** Reads what `schemaFile` wrote. */
export function readSchema(path: string): PackageSchema {
  return JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as PackageSchema;
}

/** A hash of the generator, so that a changed generator does not find its old schemas. */
function generator(): string {
  const hash = createHash("sha256");
  const sources = readdirSync(here).filter((name) => /^(?!.*\.test\.ts$).*\.ts$/.test(name));
  for (const name of sources.sort()) hash.update(name).update(readFileSync(join(here, name)));
  return hash.digest("hex").slice(0, 8);
}
