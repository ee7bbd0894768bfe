import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { maxArtifactBytes } from "../protocol/artifact.ts";
import { Problem } from "../protocol/problem.ts";

export interface Packed {
  readonly archive: Buffer;
  readonly sha256: string;
}

/** A fixed time in every entry: the same folder always gives the same archive. */
const epoch = new Date(0);

/**
 * Packs a folder as a release's archive: sorted, with fixed times, owners and modes.
 *
 * @throws Problem for what an instance would refuse: links that leave the folder, devices.
 */
export async function pack(folder: string): Promise<Packed> {
  const names = await namesBelow(folder);
  if (names.length === 0) throw unusable(folder, "it is empty");
  const archive = tar.pack();
  const collected = buffer(archive);
  // Its failure is the one of `add`, which is thrown below.
  collected.catch(() => {});
  try {
    for (const name of names) await add(archive, folder, name);
  } catch (error) {
    archive.destroy();
    throw error;
  }
  archive.finalize();
  const bytes = gzipSync(await collected);
  if (bytes.length > maxArtifactBytes) {
    throw unusable(folder, `its archive has ${bytes.length} bytes, at most ${maxArtifactBytes} go`);
  }
  return { archive: bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function namesBelow(folder: string): Promise<string[]> {
  try {
    // With types: without them node goes into folders that a link points to.
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .map(({ parentPath, name }) => join(relative(folder, parentPath), name))
      .map((name) => name.split(sep).join("/"))
      .sort();
  } catch (cause) {
    throw unusable(folder, "it is no folder that can be read", cause);
  }
}

async function add(archive: tar.Pack, folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const status = await lstat(path);
  // Not the modes on disk: they depend on the umask of whoever built.
  const mode = status.mode & 0o100 ? 0o755 : 0o644;
  const header = { name, mtime: epoch, uid: 0, gid: 0, mode };
  if (status.isDirectory()) {
    archive.entry({ ...header, type: "directory" });
  } else if (status.isSymbolicLink()) {
    const linkname = await readlink(path);
    if (leaves(name, linkname) || !(await isInside(folder, path))) {
      throw refused(name, `it points to ${linkname}, out of the folder`);
    }
    archive.entry({ ...header, type: "symlink", linkname });
  } else if (status.isFile()) {
    archive.entry(header, await readFile(path));
  } else {
    throw refused(name, "it is neither a file, a folder nor a link");
  }
}

const leaves = (name: string, linkname: string) =>
  linkname.startsWith("/") || posix.join(posix.dirname(name), linkname).split("/")[0] === "..";

/** Where a link really ends: a way over other links can leave where its text does not. */
async function isInside(folder: string, path: string): Promise<boolean> {
  try {
    const way = relative(await realpath(folder), await realpath(path));
    return way.split(sep)[0] !== "..";
  } catch {
    // It points to nothing, here and on an instance.
    return true;
  }
}

function refused(name: string, why: string): Problem {
  return new Problem({
    happened: `${name} cannot be part of a release: ${why}`,
    unchanged: "nothing was uploaded",
    next: "leave it out of the build",
  });
}

const unusable = (folder: string, why: string, cause?: unknown) =>
  new Problem({
    happened: `${folder} cannot be packed: ${why}`,
    unchanged: "nothing was uploaded",
    next: "name the folder that the build made",
    cause,
  });
