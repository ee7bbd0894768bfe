import { mkdir, open, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";

/**
 * Every change of the disk that a power cut may interrupt. Until the next `sync` of a file its
 * contents may be lost; until that of a folder, entries made, renamed or removed in it.
 */
export interface Files {
  /** Makes a folder in an existing one. @returns false where it exists already. */
  makeFolder(path: string, mode: number): Promise<boolean>;
  /**
   * Makes a file with its final mode.
   *
   * @param how `new`: rejects where the path exists; `synced`: as if followed by `sync`.
   */
  write(
    path: string,
    content: string | Readable,
    mode: number,
    how?: "new" | "synced",
  ): Promise<void>;
  link(target: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all below it; a missing one is ignored. */
  remove(path: string): Promise<void>;
  /** Makes a file's contents, or a folder's entries, survive a power cut. */
  sync(path: string): Promise<void>;
}

export const diskFiles: Files = {
  makeFolder: (path, mode) =>
    mkdir(path, { mode }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    ),
  async write(path, content, mode, how) {
    const file = await open(path, how === "new" ? "wx" : "w", mode);
    try {
      await file.chmod(mode); // whatever the umask is
      await writeFile(file, content);
      if (how === "synced") await file.sync();
    } finally {
      await file.close();
    }
  },
  link: (target, path) => symlink(target, path),
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  async sync(path) {
    const opened = await open(path, "r");
    try {
      await opened.sync();
    } finally {
      await opened.close();
    }
  },
};

/**
 * Replaces a file so that a reader, also after a power cut, sees the old text or the new one: it
 * writes a file beside it with its final mode, syncs and renames it, and syncs the folder.
 */
export async function writeFileSafely(
  path: string,
  text: string,
  mode: number,
  files: Files = diskFiles,
): Promise<void> {
  const temporary = `${path}.new`;
  await files.write(temporary, text, mode, "synced");
  await files.rename(temporary, path);
  await files.sync(dirname(path));
}

/** Makes a folder in an existing one, so that it survives a power cut. */
export async function makeFolderSafely(
  path: string,
  mode: number,
  files: Files = diskFiles,
): Promise<void> {
  if (await files.makeFolder(path, mode)) await files.sync(dirname(path));
}
