import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Where what is built once is kept: outside the checkout, never required to be there. */
export function cacheDir(): string {
  const { SHOESTRING_CACHE, XDG_CACHE_HOME } = process.env;
  return SHOESTRING_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "shoestring");
}

/**
 * Makes something in the cache unless it is there. It is made under another name and renamed, so
 * that what has its name is whole, also when two runs make it at once.
 *
 * @param name path below the cache; should name everything that goes in.
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
