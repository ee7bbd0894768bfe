import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { backoff } from "../../lib/backoff.ts";
import { describe, Problem } from "../../lib/problem.ts";
import type { Release } from "../../protocol/documents.ts";
import type { Files } from "../linux/files.ts";
import { counted } from "./room.ts";

/** Opens an object of exactly this version; rejects where it does not exist. */
export type OpenObject = (release: Release) => Promise<Readable>;

export interface DownloadContext {
  readonly open: OpenObject;
  readonly sleep: (ms: number) => Promise<void>;
  /** Called again while the archive is written. @throws Problem when the disk has no room left. */
  readonly checkRoom: () => Promise<void>;
  readonly files: Files;
}

/** Tries while S3 refuses, and while it is busy or away; the latter take half a minute. */
const attempts = { refused: 4, busy: 8 } as const;
const retryWaits = { shortestMs: 500, longestMs: 8000 };

/**
 * Downloads a release's archive and checks size and SHA-256 while it passes.
 *
 * @param into file to write; it is valid only when this resolves.
 * @throws Problem after a few tries, or at once for a wrong size or hash.
 */
export async function download(
  release: Release,
  into: string,
  deps: DownloadContext,
): Promise<void> {
  const again = backoff(retryWaits, () => 0);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await downloadOnce(release, into, deps);
    } catch (error) {
      const most = isBusy(error) ? attempts.busy : attempts.refused;
      const final = error instanceof Problem || isGone(error) || attempt >= most;
      if (final) throw error instanceof Problem ? error : notDownloaded(release, error);
      await deps.sleep(again.nextMs());
    }
  }
}

async function downloadOnce(
  release: Release,
  into: string,
  { open, checkRoom, files }: DownloadContext,
): Promise<void> {
  const hash = createHash("sha256");
  let size = 0;
  const check = (bytes: number, chunk: Buffer) => {
    if (bytes > release.size) throw wrong(release, `it has more than ${release.size} bytes`);
    size = bytes;
    hash.update(chunk);
  };
  const content = counted(await open(release), check, checkRoom);
  await files.write(into, Readable.from(content), 0o600);
  if (size !== release.size)
    throw wrong(release, `it has ${size} bytes instead of ${release.size}`);
  const sha256 = hash.digest("hex");
  if (sha256 !== release.sha256) {
    throw wrong(
      release,
      `its SHA-256 is ${sha256.slice(0, 12)}… instead of ${release.sha256.slice(0, 12)}…`,
    );
  }
}

/** Whether a retry may soon succeed. Without a status S3 did not answer. */
function isBusy(error: unknown): boolean {
  const { status } = error as { status?: number };
  return status === undefined || status >= 500 || status === 429;
}

/** Whether the object was deleted: then a retry is useless. */
function isGone(error: unknown): boolean {
  const name = (error as { name?: string }).name ?? "";
  return ["NoSuchKey", "NoSuchVersion", "NotFound", "MethodNotAllowed"].includes(name);
}

function wrong(release: Release, why: string): Problem {
  return new Problem({
    happened: `the archive of ${release.id} is not what the deploy says: ${why}`,
    unchanged: "it was not unpacked; every process keeps its release",
    next: "push the release again; a new build gets a new sequence",
  });
}

function notDownloaded(release: Release, cause: unknown): Problem {
  return new Problem({
    happened: `the archive of ${release.id} could not be downloaded from ${release.url}: ${describe(cause)}`,
    unchanged: "every process keeps its release",
    next: `see whether the object is there (version ${release.versionId}), then: shoestring deploy or shoestring rollback`,
    cause,
  });
}
