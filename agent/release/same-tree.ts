import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { markerName } from "../../protocol/archive.ts";

/** Whether two folders have the same files, executables, folders and links; markers do not count. */
export async function sameTree(one: string, other: string): Promise<boolean> {
  const [names, others] = await Promise.all([namesIn(one), namesIn(other)]);
  if (names.join("/") !== others.join("/")) return false;
  for (const name of names) {
    if (!(await sameEntry(join(one, name), join(other, name)))) return false;
  }
  return true;
}

const namesIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => name !== markerName).sort();

async function sameEntry(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(one), lstat(other)]);
  if (a.isDirectory() && b.isDirectory()) return sameTree(one, other);
  if (a.isSymbolicLink() && b.isSymbolicLink()) {
    return (await readlink(one)) === (await readlink(other));
  }
  if (!a.isFile() || !b.isFile() || a.mode !== b.mode || a.size !== b.size) return false;
  const [text, otherText] = await Promise.all([readFile(one), readFile(other)]);
  return text.equals(otherText);
}
