import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar, { type Header } from "tar-stream";
import { describe, Problem } from "../../lib/problem.ts";
import {
  type ArchiveLimits,
  archiveChecker,
  archiveLimits,
  EntryRefused,
  releaseFileName,
  tooMuch,
} from "../../protocol/archive.ts";
import { maxArtifactBytes } from "../../protocol/artifact.ts";
import { readReleaseFile } from "../../protocol/service-file.ts";

export interface Packed {
  readonly archive: Buffer;
  readonly sha256: string;
}

/** A fixed time for every entry: the same folder always gives the same archive. */
const epoch = new Date(0);

/**
 * Git's own folder, or the file in its place, is never packed: two checkouts of one commit differ in
 * it, so a job that runs again would have other bytes.
 */
const gitName = ".git";

/**
 * Packs a folder as a release's archive: sorted, with fixed times, owners and modes.
 *
 * @throws Problem for anything that an instance would refuse, by the same checks; it names the
 * file.
 */
export async function pack(folder: string, limits = archiveLimits): Promise<Packed> {
  const names = await namesBelow(folder);
  if (names.length === 0) throw unusable(folder, "it is empty");
  await checkReleaseFile(folder, limits);
  const archive = tar.pack();
  const collected = buffer(archive);
  // `add` throws the same failure below.
  collected.catch(() => {});
  const check = archiveChecker(limits);
  const sizes = new Map<string, number>();
  let folders = 0;
  try {
    for (const name of names) {
      const entry = await read(folder, name);
      if (entry.header.type === "directory") folders += 1;
      sizes.set(
        name,
        add(archive, entry, check, () => advice(entry, names)),
      );
    }
  } catch (error) {
    archive.destroy();
    throw error;
  }
  archive.finalize();
  const unpacked = await collected;
  const bytes = gzipSync(unpacked);
  const why = tooMuch({ bytes: unpacked.length, folders }, bytes.length, limits);
  if (why) throw unusable(folder, `its archive ${why}; ${largest(sizes)}`);
  if (bytes.length > maxArtifactBytes) {
    const most = `at most ${maxArtifactBytes} go; ${largest(sizes)}`;
    throw unusable(folder, `its archive has ${bytes.length} bytes, ${most}`);
  }
  return { archive: bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function namesBelow(folder: string): Promise<string[]> {
  try {
    // With types: without them node follows links to folders.
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .map(({ parentPath, name }) => join(relative(folder, parentPath), name))
      .map((name) => name.split(sep).join("/"))
      .filter((name) => !name.split("/").includes(gitName))
      .sort();
  } catch (cause) {
    throw unusable(folder, "it is no folder that can be read", cause);
  }
}

/** Refuses a release.json that no instance could use. */
async function checkReleaseFile(folder: string, limits: ArchiveLimits): Promise<void> {
  const text = await readFile(join(folder, releaseFileName), "utf8").catch((error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw refused(releaseFileName, "cannot be read as a file");
  });
  if (text === undefined) return;
  const size = Buffer.byteLength(text);
  if (size > limits.releaseFileBytes) {
    // Not only as an entry: what a link points to is read, too.
    throw refused(releaseFileName, `has ${size} bytes, at most ${limits.releaseFileBytes} go`);
  }
  const { why } = readReleaseFile(text);
  if (why) throw refused(releaseFileName, `cannot be used: ${why}`, "correct it in the build");
}

/** One name of the folder, as it is packed. */
interface Entry {
  readonly header: Partial<Header> & {
    readonly name: string;
    readonly type: "file" | "directory" | "symlink";
  };
  /** The content of a file. */
  readonly content?: Buffer;
}

/** What to do about an entry that is refused. */
function advice({ header: { name, type } }: Entry, names: readonly string[]): string {
  const folders = name.split("/").map((_, i, parts) => parts.slice(0, i).join("/"));
  const virtualenv = folders.find((it) => names.includes(it === "" ? marker : `${it}/${marker}`));
  if (type !== "symlink" || virtualenv === undefined) return leaveOut;
  return `${virtualenv || "the folder"} is a virtualenv, which works only where it was made; install without one: pip install --target DIR, and PYTHONPATH=DIR in the config`;
}

/** The file that makes a folder a virtualenv. */
const marker = "pyvenv.cfg";

/** Adds an entry. @param next what to do if it is refused. @returns its bytes. */
function add(
  archive: tar.Pack,
  { header, content }: Entry,
  check: ReturnType<typeof archiveChecker>,
  next: () => string,
): number {
  const { name, type, linkname } = header;
  const size = content?.length ?? 0;
  try {
    check({ name, type, size, linkname: linkname ?? undefined });
  } catch (error) {
    if (error instanceof EntryRefused) throw refused(name, error.message, next());
    throw error;
  }
  if (content) archive.entry(header, content);
  else archive.entry(header);
  return size;
}

async function read(folder: string, name: string): Promise<Entry> {
  const path = join(folder, name);
  try {
    const status = await lstat(path);
    // Not the modes on disk, which depend on the umask of the build.
    const mode = status.mode & 0o100 ? 0o755 : 0o644;
    const header = { name, mtime: epoch, uid: 0, gid: 0, mode };
    if (status.isDirectory()) return { header: { ...header, type: "directory" } };
    if (status.isSymbolicLink()) {
      return { header: { ...header, type: "symlink", linkname: await readlink(path) } };
    }
    if (status.isFile()) {
      if (status.size > archiveLimits.fileBytes) {
        throw refused(name, `has ${status.size} bytes, at most ${archiveLimits.fileBytes} go`);
      }
      return { header: { ...header, type: "file" }, content: await readFile(path) };
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    // Node reads a name that is not UTF-8 as a different name, which does not exist.
    throw refused(name, `cannot be read: ${describe(error)}`);
  }
  throw refused(name, "is neither a file, a folder nor a link");
}

function largest(sizes: ReadonlyMap<string, number>): string {
  const [name, size] = [...sizes].reduce((most, it) => (it[1] > most[1] ? it : most));
  return `its largest file is ${name} with ${size} bytes`;
}

const leaveOut = "leave it out of the build";

function refused(name: string, why: string, next = leaveOut): Problem {
  return new Problem({
    happened: `${name} cannot be part of a release: it ${why}`,
    unchanged: "nothing was uploaded",
    next,
  });
}

const unusable = (folder: string, why: string, cause?: unknown) =>
  new Problem({
    happened: `${folder} cannot be packed: ${why}`,
    unchanged: "nothing was uploaded",
    next: "name the folder that the build made",
    cause,
  });
