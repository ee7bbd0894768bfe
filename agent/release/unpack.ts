import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import tar, { type Header } from "tar-stream";
import { describe, Problem } from "../../protocol/problem.ts";
import type { UnpackLimits } from "./limits.ts";

export interface Unpacking {
  readonly archive: string;
  readonly archiveBytes: number;
  /** An empty folder. */
  readonly into: string;
  readonly limits: UnpackLimits;
  /** Free bytes on the disk of `into` now. */
  readonly freeBytes: number;
}

/**
 * Unpacks a verified archive, as if it were hostile all the same: no absolute path, no `..`, no
 * link that leaves the tree or is written through, no device, no set-uid bit, and no more
 * entries or bytes than the limits say.
 *
 * @throws Problem that names the entry; `into` may then hold a part, which the caller removes.
 */
export async function unpack(on: Unpacking): Promise<void> {
  const extract = tar.extract();
  const links = new Set<string>();
  const count = counter(on);
  const reading = pipeline(createReadStream(on.archive), createGunzip(), extract);
  reading.catch(() => undefined);
  try {
    for await (const entry of extract) {
      count.entry();
      await writeEntry(on.into, entry.header, entry as unknown as Readable, links, count.bytes);
      entry.resume();
    }
    await reading;
  } catch (cause) {
    throw cause instanceof Problem
      ? cause
      : refused(`it cannot be unpacked: ${describe(cause)}`, cause);
  }
}

function counter({ limits, archiveBytes, freeBytes }: Unpacking) {
  const room = Math.min(limits.bytes, freeBytes - limits.reserveBytes);
  const byRatio = archiveBytes * limits.ratio;
  let entries = 0;
  let total = 0;
  return {
    entry() {
      entries += 1;
      if (entries > limits.entries) throw refused(`it has more than ${limits.entries} entries`);
    },
    bytes(more: number) {
      total += more;
      if (total > byRatio) {
        throw refused(`it unpacks to more than ${limits.ratio} times its size, like a zip bomb`);
      }
      if (total > limits.bytes) throw refused(`it unpacks to more than ${limits.bytes} bytes`);
      if (total > room) throw refused(`the disk has no room for it: ${freeBytes} bytes are free`);
    },
  };
}

async function writeEntry(
  into: string,
  header: Header,
  content: Readable,
  links: Set<string>,
  count: (bytes: number) => void,
): Promise<void> {
  const path = safePath(header.name, links);
  const target = join(into, path);
  switch (header.type) {
    case "directory":
      await mkdir(target, { recursive: true, mode: 0o755 });
      return;
    case "file":
    case "contiguous-file": {
      count(header.size ?? 0);
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      await pipeline(content, createWriteStream(target, { flags: "wx", mode: 0o644 }));
      await chmod(target, (header.mode ?? 0) & 0o111 ? 0o555 : 0o444);
      return;
    }
    case "symlink":
      checkLink(path, header.linkname ?? "");
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      await symlink(header.linkname as string, target);
      links.add(path);
      return;
    default:
      throw refused(
        `${quoted(header.name)} is a ${header.type ?? "thing"}, and only files, folders and symbolic links are unpacked`,
      );
  }
}

/** The entry's path below the tree, without `./` and a trailing slash. */
function safePath(name: string, links: ReadonlySet<string>): string {
  if (name.startsWith("/")) throw refused(`${quoted(name)} is an absolute path`);
  if (name.split("/").includes("..")) throw refused(`${quoted(name)} has ".." in its path`);
  if (name.includes("\0") || name.includes("\\")) throw refused(`${quoted(name)} is no plain path`);
  const path = normalize(name).replace(/\/$/, "");
  for (let above = path; above !== "."; above = dirname(above)) {
    if (links.has(above))
      throw refused(`${quoted(name)} is written through the link ${quoted(above)}`);
  }
  return path;
}

/**
 * A link may climb with leading `..` only, and not above the tree. Since its own folder is real,
 * and every link it then passes obeys the same, it cannot lead out, however links are chained.
 */
function checkLink(path: string, linkname: string): void {
  const parts = linkname.split("/");
  const down = parts.findIndex((part) => part !== "..");
  const climbs = down === -1 ? parts.length : down;
  const depth = path.split("/").length - 1;
  const leaves =
    linkname === "" ||
    linkname.startsWith("/") ||
    climbs > depth ||
    parts.slice(climbs).includes("..");
  if (leaves) {
    throw refused(`the link ${quoted(path)} leaves the tree: it points to ${quoted(linkname)}`);
  }
}

const quoted = (text: string) => JSON.stringify(text.slice(0, 200));

function refused(why: string, cause?: unknown): Problem {
  return new Problem({
    happened: `the archive is refused: ${why}`,
    unchanged: "nothing of it is left on the disk; every process keeps its release",
    next: "build the release again and push it; a new build gets a new sequence",
    cause,
  });
}
