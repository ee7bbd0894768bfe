import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * Names and contents of a folder's files, in order; pages are left out.
 *
 * @param except a folder below it that does not count. @default none
 */
export function contentsOf(folder: string, except?: string): string[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !(except && name.startsWith(except)) && !name.endsWith(".md"))
    .sort();
  return names.flatMap((name) => [name, readFileSync(join(folder, name), "utf8")]);
}

/** A short name that changes with any of the parts. */
export const keyOf = (parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
