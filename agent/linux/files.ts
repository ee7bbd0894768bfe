import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Replaces a file so that a reader, or a power cut, meets the old text or the new one: written
 * beside it with its final mode, synced, renamed, and the folder synced.
 */
export async function writeFileSafely(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.new`;
  await writeSynced(temporary, text, mode);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Writes a file that nobody reads yet, with its final mode, and syncs it. */
export async function writeSynced(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "w", mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes renames in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
