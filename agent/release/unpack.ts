import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import tar, { type Header } from "tar-stream";
import { describe, Problem } from "../../lib/problem.ts";
import {
  archiveChecker,
  type CheckedEntry,
  EntryRefused,
  tooMuch,
} from "../../protocol/archive.ts";
import { diskFiles, type Files } from "../linux/files.ts";
import type { UnpackLimits } from "./limits.ts";
import { counted, freeBytesOf } from "./room.ts";

export interface UnpackContext {
  readonly archive: string;
  readonly archiveBytes: number;
  /** An empty folder. */
  readonly into: string;
  readonly limits: UnpackLimits;
  /** Free bytes on the disk of `into` now. @default asks the disk */
  readonly freeBytes?: () => Promise<number>;
  /** @default the disk */
  readonly files?: Files;
}

/**
 * Unpacks a verified archive as if it were hostile (`archiveChecker`): it counts all bytes that the
 * decompression gives, and the folders that a name only implies.
 *
 * @throws Problem that names the entry; `into` may then hold a part, which the caller removes.
 */
export async function unpack(deps: UnpackContext): Promise<void> {
  const { limits, archiveBytes, files = diskFiles } = deps;
  const extract = tar.extract();
  const check = archiveChecker(limits);
  let folders = 0;
  const checkBytes = (bytes: number) => {
    const why = tooMuch({ bytes, folders }, archiveBytes, limits);
    if (why) throw refused(`it ${why}`);
  };
  const room = () => checkRoom(deps);
  const reading = pipeline(
    createReadStream(deps.archive),
    createGunzip(),
    (source: AsyncIterable<Buffer>) => counted(source, checkBytes, room),
    extract,
  );
  reading.catch(() => undefined);
  try {
    for await (const entry of extract) {
      // The size in the header is enough to refuse a bomb before anything of it is written.
      checkBytes(entry.header.size ?? 0);
      const checked = checkedEntry(check, entry.header);
      folders += checked.folders.length;
      checkBytes(0);
      await make(deps.into, checked, entry.header, entry as unknown as Readable, files);
      entry.resume();
    }
    await reading;
  } catch (cause) {
    throw cause instanceof Problem
      ? cause
      : refused(`it cannot be unpacked: ${describe(cause)}`, cause);
  }
}

async function checkRoom({ into, limits, freeBytes = () => freeBytesOf(into) }: UnpackContext) {
  const free = await freeBytes();
  if (free < limits.reserveBytes) {
    throw refused(`the disk has no room for it: ${free} bytes are free`);
  }
}

function checkedEntry(check: ReturnType<typeof archiveChecker>, header: Header): CheckedEntry {
  const { name, type = "thing", size = 0, linkname } = header;
  try {
    return check({ name, type, size, linkname: linkname ?? undefined });
  } catch (error) {
    if (!(error instanceof EntryRefused)) throw error;
    throw refused(`${JSON.stringify(name.slice(0, 200))} ${error.message}`, error);
  }
}

async function make(
  into: string,
  { path, kind, folders }: CheckedEntry,
  header: Header,
  content: Readable,
  files: Files,
): Promise<void> {
  for (const folder of folders) await files.makeFolder(join(into, folder), 0o755);
  const target = join(into, path);
  if (kind === "link") await files.link(header.linkname as string, target);
  const mode = (header.mode ?? 0) & 0o111 ? 0o555 : 0o444;
  if (kind === "file") await files.write(target, content, mode, "new");
}

function refused(why: string, cause?: unknown): Problem {
  return new Problem({
    happened: `the archive is refused: ${why}`,
    unchanged: "nothing of it is left on the disk; every process keeps its release",
    next: "build the release again and push it; a new build gets a new sequence",
    cause,
  });
}
