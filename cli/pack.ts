import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, posix } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { Problem } from "../protocol/problem.ts";

export interface Packed {
  readonly archive: Buffer;
  readonly sha256: string;
}

/** A fixed time in every entry: the same folder always gives the same archive. */
const epoch = new Date(0);

/**
 * Packs a folder as a release's archive: sorted, with fixed times and owners.
 *
 * @throws Problem for what an instance would refuse: links that leave the folder, devices.
 */
export async function pack(folder: string): Promise<Packed> {
  const archive = tar.pack();
  const collected = buffer(archive);
  for (const name of await namesBelow(folder)) await add(archive, folder, name);
  archive.finalize();
  const bytes = gzipSync(await collected);
  return { archive: bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function namesBelow(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (cause) {
    throw new Problem({
      happened: `${folder} cannot be packed: it is no folder that can be read`,
      unchanged: "nothing was uploaded",
      next: "name the folder that the build made",
      cause,
    });
  }
  return names.sort();
}

async function add(archive: tar.Pack, folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const status = await lstat(path);
  const header = { name, mtime: epoch, uid: 0, gid: 0, mode: status.mode & 0o777 };
  if (status.isDirectory()) {
    archive.entry({ ...header, type: "directory" });
  } else if (status.isSymbolicLink()) {
    const linkname = await readlink(path);
    if (leaves(name, linkname)) throw refused(name, `it points to ${linkname}, out of the folder`);
    archive.entry({ ...header, type: "symlink", linkname });
  } else if (status.isFile()) {
    archive.entry(header, await readFile(path));
  } else {
    throw refused(name, "it is neither a file, a folder nor a link");
  }
}

const leaves = (name: string, linkname: string) =>
  linkname.startsWith("/") || posix.join(posix.dirname(name), linkname).split("/")[0] === "..";

function refused(name: string, why: string): Problem {
  return new Problem({
    happened: `${name} cannot be part of a release: ${why}`,
    unchanged: "nothing was uploaded",
    next: "leave it out of the build",
  });
}
