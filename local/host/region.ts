import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Problem } from "../../lib/problem.ts";
import { machineName, type RegionNames, regionNames } from "./addresses.ts";

/** The checkout's root. */
export const checkout = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A local region: a directory, and the names and paths that follow from it. */
export interface Region {
  readonly directory: string;
  readonly names: RegionNames;
  path(...parts: string[]): string;
  /** An instance's own directory: overlay, seed, record. */
  instancePath(instance: string, ...parts: string[]): string;
  machine(instance: string): string;
}

/**
 * The region of a directory; nothing is made yet.
 *
 * @param directory @default `SHOESTRING_REGION`, else `.local` in the checkout
 * @throws Problem for a path that mounts and sockets cannot have.
 */
export function regionAt(
  directory = process.env.SHOESTRING_REGION || join(checkout, ".local"),
): Region {
  const wanted = resolve(directory);
  // Mount options cannot carry every character, and a Unix socket's path ends at 107.
  if (!/^[\w/.@+-]{1,80}$/.test(wanted)) {
    throw new Problem({
      happened: `the region's directory cannot be ${JSON.stringify(wanted)}`,
      unchanged: "nothing was made",
      next: "use at most 80 letters, digits and /._@+-, e.g.: SHOESTRING_REGION=/srv/region",
    });
  }
  const real = realPath(wanted);
  const names = regionNames(real);
  const path = (...parts: string[]) => join(real, ...parts);
  return {
    directory: real,
    names,
    path,
    instancePath: (instance, ...parts) => path("instances", instance, ...parts),
    machine: (instance) => machineName(names, instance),
  };
}

/** The name decides the region, so two ways to write one path must give one name. */
function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    const parent = join(directory, "..");
    return parent === directory
      ? directory
      : join(realPath(parent), directory.slice(parent.length));
  }
}
