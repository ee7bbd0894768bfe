import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { markerName } from "../../protocol/archive.ts";
import type { Release } from "../../protocol/documents.ts";
import { diskFiles, type Files, makeFolderSafely } from "../linux/files.ts";
import { download, type OpenObject } from "./download.ts";
import { defaultLimits, type UnpackLimits } from "./limits.ts";
import { freeBytesOf } from "./room.ts";
import { sameTree } from "./same-tree.ts";
import { unpack } from "./unpack.ts";

export interface FetchContext {
  readonly release: Release;
  /** `/srv/<service>/releases`: gets `<id>/`. */
  readonly releasesFolder: string;
  /** Whether a process serves the release, or is on its way to it. */
  readonly isInUse: boolean;
  readonly open: OpenObject;
  readonly sleep: (ms: number) => Promise<void>;
  /** Makes a tree survive a power cut. */
  readonly sync: (folder: string) => Promise<void>;
  readonly limits?: UnpackLimits;
  /** @default the disk */
  readonly files?: Files;
}

/** Prefix of unfinished folders; those left after a kill are removed. */
export const unfinished = ".unfinished-";

/**
 * Fetches a release: downloads, verifies and unpacks it, writes its marker, syncs, and only then
 * gives it its name. So a folder with a release's name and marker is whole, even after a power cut.
 *
 * @throws Problem; then the disk is as before.
 */
export async function fetchRelease(deps: FetchContext): Promise<void> {
  const { release, releasesFolder, limits = defaultLimits, files = diskFiles } = deps;
  await makeFolderSafely(releasesFolder, 0o755, files);
  const work = join(releasesFolder, `${unfinished}${release.id}`);
  await files.remove(work);
  try {
    await files.makeFolder(work, 0o700);
    const archive = join(work, "archive.tar.gz");
    // Room for the archive and for its tree, which is at least as large.
    await checkRoom(deps, release.size * 2 + limits.reserveBytes);
    await download(release, archive, {
      ...{ open: deps.open, sleep: deps.sleep, files },
      checkRoom: () => checkRoom(deps, limits.reserveBytes),
    });
    const tree = join(work, "tree");
    await files.makeFolder(tree, 0o755);
    await unpack({ archive, archiveBytes: release.size, into: tree, limits, files });
    await files.write(join(tree, markerName), `${release.sha256}\n`, 0o444);
    await deps.sync(tree);
    await putInPlace(deps, tree, work, files);
  } finally {
    await files.remove(work);
  }
}

/** Hash of the archive that a tree was unpacked from; undefined for a tree that is not whole. */
export async function markedHash(tree: string): Promise<string | undefined> {
  const text = await readFile(join(tree, markerName), "utf8").catch(() => "");
  return /^[0-9a-f]{64}\n$/.test(text) ? text.trim() : undefined;
}

/** Gives the finished tree its name. A folder that has the name has no marker (`hasRelease`). */
async function putInPlace(
  { release, releasesFolder, isInUse }: FetchContext,
  tree: string,
  work: string,
  files: Files,
): Promise<void> {
  const place = join(releasesFolder, release.id);
  const isThere = await stat(place).then(
    () => true,
    () => false,
  );
  if (isThere && isInUse) {
    // A process uses the folder, so it stays. With the right contents only its marker is missing.
    if (!(await sameTree(tree, place))) throw inUseWithOtherContents(release);
    await files.rename(join(tree, markerName), join(place, markerName));
    await files.sync(place);
    return;
  }
  if (isThere) {
    await files.rename(place, join(work, "not-whole"));
    await files.sync(releasesFolder);
  }
  await files.rename(tree, place);
  await files.sync(releasesFolder);
}

async function checkRoom({ release, releasesFolder }: FetchContext, needed: number) {
  const free = await freeBytesOf(releasesFolder);
  if (free >= needed) return;
  throw new Problem({
    happened: `the disk has no room for ${release.id}: ${free} bytes are free, ${needed} are needed`,
    unchanged: "nothing was unpacked; every process keeps its release",
    next: `make room below ${releasesFolder}, then: shoestring deploy`,
  });
}

const inUseWithOtherContents = (release: Release) =>
  new Problem({
    happened: `${release.id} is in use here, and its files are not those of its archive: somebody changed them`,
    unchanged: "its files stay as they are; every process keeps its release",
    next: "roll another release out, then deploy this one again: it is then fetched anew",
  });
