import { readdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { markerName } from "../../protocol/archive.ts";

/** Files whose times are set at once. */
const atOnce = 64;

/**
 * Makes a release's files the newest of those on this disk. After a rollback they would be older
 * than those that browsers and caches hold, and a server that goes by time alone would answer 304
 * for the files of the release that was rolled back.
 */
export async function renewTimes(releases: string, id: string, now = new Date()): Promise<void> {
  const others = (await readdir(releases)).filter((name) => name !== id && !name.startsWith("."));
  const unpackedMs = (name: string) =>
    stat(join(releases, name, markerName)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0, // not whole: no process serves it
    );
  const newestMs = Math.max(0, ...(await Promise.all(others.map(unpackedMs))));
  if ((await unpackedMs(id)) > newestMs) return;
  const tree = join(releases, id);
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name !== markerName)
    .map((entry) => join(entry.parentPath, entry.name));
  for (let from = 0; from < paths.length; from += atOnce) {
    await Promise.all(paths.slice(from, from + atOnce).map((path) => utimes(path, now, now)));
  }
  // Last: what is cut short is done again.
  await utimes(join(tree, markerName), now, now);
}
