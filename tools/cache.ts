import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The cache of built programs: outside the checkout, and never required to exist. */
export function cacheDir(): string {
  const { SHOESTRING_CACHE, XDG_CACHE_HOME } = process.env;
  return SHOESTRING_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "shoestring");
}

/**
 * Makes something in the cache unless it exists. It is made under another name and renamed, so that
 * whatever has the final name is complete, even with concurrent runs.
 *
 * @param name path below the cache; should contain every input.
 */
export async function cached(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = join(cacheDir(), name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.unfinished-${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    await make(unfinished);
    try {
      renameSync(unfinished, path);
    } catch (error) {
      if (!existsSync(path)) throw error; // else another run was faster
    }
    return path;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
