import { mkdir, rename, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Release } from "../../protocol/documents.ts";
import { Problem } from "../../protocol/problem.ts";
import { download, type OpenObject } from "./download.ts";
import { defaultLimits, type UnpackLimits } from "./limits.ts";
import { unpack } from "./unpack.ts";

export interface Fetching {
  readonly release: Release;
  /** `/srv/<service>/releases`: gets `<id>/`, and `<id>.sha256` beside it. */
  readonly releasesFolder: string;
  readonly open: OpenObject;
  readonly sleep: (ms: number) => Promise<void>;
  /** Makes a tree survive a power cut. */
  readonly sync: (folder: string) => Promise<void>;
  readonly limits?: UnpackLimits;
}

/** Prefix of folders that are being made; what is left of them after a kill is removed. */
export const unfinished = ".unfinished-";

/**
 * Brings a release here: download, verify, unpack, sync, and only then its name. A folder with
 * a release's name is always whole.
 *
 * @throws Problem; then the disk is as before.
 */
export async function fetchRelease(on: Fetching): Promise<void> {
  const { release, releasesFolder, limits = defaultLimits } = on;
  await mkdir(releasesFolder, { recursive: true, mode: 0o755 });
  const work = join(releasesFolder, `${unfinished}${release.id}`);
  await rm(work, { recursive: true, force: true });
  try {
    await mkdir(work, { mode: 0o700 });
    await checkRoom(on, limits);
    const archive = join(work, "archive.tar.gz");
    await download(release, archive, on.open, on.sleep);
    const tree = join(work, "tree");
    await mkdir(tree, { mode: 0o755 });
    const freeBytes = await freeBytesOf(releasesFolder);
    await unpack({ archive, archiveBytes: release.size, into: tree, limits, freeBytes });
    await on.sync(tree);
    await writeFile(join(releasesFolder, `${release.id}.sha256`), `${release.sha256}\n`);
    await rename(tree, join(releasesFolder, release.id));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function checkRoom({ release, releasesFolder }: Fetching, limits: UnpackLimits) {
  const free = await freeBytesOf(releasesFolder);
  // The archive and, at least as large, what it unpacks to.
  const needed = release.size * 2 + limits.reserveBytes;
  if (free >= needed) return;
  throw new Problem({
    happened: `the disk has no room for ${release.id}: ${free} bytes are free, ${needed} are needed`,
    unchanged: "nothing was downloaded; every process keeps its release",
    next: `make room below ${releasesFolder}, then: shoestring deploy`,
  });
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
