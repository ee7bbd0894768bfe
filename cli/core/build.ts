import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ReleaseName } from "../../protocol/releases.ts";
import { type Packed, pack } from "../releases/pack.ts";
import type { Options } from "./context.ts";

/** A folder packed as a build. It gets its name when it gets a sequence. */
export interface Build extends Packed, Omit<ReleaseName, "sequence"> {}

/**
 * Packs a folder as a build of `--service`. Its commit is the given one, else the folder's own,
 * else its content's hash.
 *
 * @throws Problem for a folder that cannot be a release.
 */
export async function build(folder: string, options: Options): Promise<Build> {
  const packed = await pack(folder);
  const commit = options.commit ?? (await commitOf(folder)) ?? packed.sha256.slice(0, 40);
  return { ...packed, service: options.service as string, commit };
}

async function commitOf(folder: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("git", ["-C", folder, "rev-parse", "HEAD"]);
    return stdout.trim();
  } catch {
    return undefined;
  }
}
